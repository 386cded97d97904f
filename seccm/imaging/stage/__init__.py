"""From pictures to the stage, and from picture to picture: landmarks, transforms, targets."""
