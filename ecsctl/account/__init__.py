"""The account before anything is created: who the caller is, what the app uses already, what the user has prepared."""
