"""What AWS's tagging does that moto does not."""
