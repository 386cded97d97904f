"""Pictures of one place, brought onto one another: profiles and correlations across them."""
