"""What AWS's codepipeline does that moto does not."""
