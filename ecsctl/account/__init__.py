"""The account before anything is made: who we are in it, what the app uses already, what the user has prepared."""
