"""What AWS's ssm does that moto does not: sessions into tasks. (ECS reads its parameters: nothing is imported here.)"""
