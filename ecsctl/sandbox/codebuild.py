"""What AWS's codebuild does that moto does not."""
