"""What the app needs besides its image: stores, variables, secrets, folders, migrations, workers."""
