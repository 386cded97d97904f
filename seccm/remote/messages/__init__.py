"""What is said over the channel: requests and what they ask for, and the news that answer."""
