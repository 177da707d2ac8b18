"""Says what the calls of an app are about, of the services that apps use most: like `call_resources` for ecsctl's own.

The Service Authorization Reference's tables, "Actions, resources, and condition keys". Of a call that is not here only
the action is checked.
"""

_TABLE = {
    "dynamodb": {
        "DeleteItem DescribeTable DescribeTimeToLive GetItem PutItem Query Scan UpdateItem UpdateTimeToLive":
            "table/{TableName}",
        "BatchGetItem BatchWriteItem": "table/{RequestItems%}",
    },
    "firehose": {"PutRecord PutRecordBatch": "deliverystream/{DeliveryStreamName}"},
    "kinesis": {"PutRecord PutRecords": "stream/{StreamName}"},
    "lambda": {"Invoke InvokeAsync": "function:{FunctionName}"},
    "logs": {"PutLogEvents": "log-group:{logGroupName}:log-stream:{logStreamName}"},
    "rds-data": {"BatchExecuteStatement BeginTransaction CommitTransaction ExecuteStatement RollbackTransaction":
                 "{resourceArn}"},
    "secretsmanager": {"ListSecretVersionIds RotateSecret TagResource UntagResource UpdateSecret": "{SecretId}"},
    "sns": {"Publish PublishBatch": "{TopicArn}"},
    "sqs": {
        "ChangeMessageVisibility ChangeMessageVisibilityBatch DeleteMessage DeleteMessageBatch DeleteQueue "
        "GetQueueAttributes PurgeQueue ReceiveMessage SendMessage SendMessageBatch SetQueueAttributes": "{QueueUrl!}",
        "CreateQueue": "{QueueName}",
    },
    "ssm": {
        "DeleteParameter GetParameter GetParameterHistory PutParameter": "parameter/{Name|}",
        "DeleteParameters GetParameters": "parameter/{Names|}",
        "GetParametersByPath": "parameter/{Path|}",
    },
    "stepfunctions": {"StartExecution StartSyncExecution": "{stateMachineArn}"},
    "sts": {"AssumeRole": "{RoleArn}"},
}  # fmt: skip
RESOURCES = {
    service: {name: template for names, template in table.items() for name in names.split()}
    for service, table in _TABLE.items()
}
# Calls that IAM knows by another's name (aws/serverless-application-model#3633 for those of SQS).
ACTIONS = {
    ("lambda", "Invoke"): "InvokeFunction",
    ("sns", "PublishBatch"): "Publish",
    ("sqs", "ChangeMessageVisibilityBatch"): "ChangeMessageVisibility",
    ("sqs", "DeleteMessageBatch"): "DeleteMessage",
    ("sqs", "SendMessageBatch"): "SendMessage",
}
# By what a transaction of DynamoDB does (its guide, "Using IAM with DynamoDB transactions").
TRANSACTIONS = {"ConditionCheck": "ConditionCheckItem", "Delete": "DeleteItem", "Get": "GetItem", "Put": "PutItem",
                "Update": "UpdateItem"}  # fmt: skip
