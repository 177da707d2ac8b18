"""The behaviour of AWS's ssm that moto lacks: sessions into tasks. (ECS reads its parameters: nothing is imported
here.)
"""
