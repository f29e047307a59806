"""Serves S3 by Moto on a free port, with signatures checked, until standard input ends.

Prints one JSON line: the endpoint, a bucket, and the keys of a user who may use it. Then answers requests, a JSON line
each: {"get": NAME} says what is stored under a name, {"uploads": true} how many uploads are open.
"""

import hashlib
import json
import os
import sys
import threading

SETUP_CALLS = 4  # After these, Moto checks signatures and policies.
os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = str(SETUP_CALLS)

import boto3  # noqa: E402
from moto.moto_server.werkzeug_app import DomainDispatcherApplication  # noqa: E402
from moto.server import ThreadedMotoServer  # noqa: E402

# S3 decides a conditional write in one step. Moto looks first and stores later, so that of several at once two may win.
conditional = threading.Lock()
handle = DomainDispatcherApplication.__call__


def handle_conditions_alone(self, environ, start_response):
    if "HTTP_IF_NONE_MATCH" not in environ:
        return handle(self, environ, start_response)
    with conditional:
        return handle(self, environ, start_response)


DomainDispatcherApplication.__call__ = handle_conditions_alone


def answer(client, request):
    if "uploads" in request:
        return {"count": len(client.list_multipart_uploads(Bucket="archive").get("Uploads", []))}
    try:
        found = client.get_object(Bucket="archive", Key=request["get"], ChecksumMode="ENABLED")
    except client.exceptions.NoSuchKey:
        return {}
    body = found["Body"].read()
    return {"size": len(body), "sha256": hashlib.sha256(body).hexdigest(), "checksum": found.get("ChecksumSHA256")}


def main():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    anybody = {
        "endpoint_url": endpoint, "region_name": "eu-central-1", "aws_access_key_id": "none",
        "aws_secret_access_key": "none",
    }
    boto3.client("s3", **anybody).create_bucket(
        Bucket="archive", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    iam = boto3.client("iam", **anybody)
    iam.create_user(UserName="jetbridge")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    iam.put_user_policy(UserName="jetbridge", PolicyName="all", PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName="jetbridge")["AccessKey"]
    print(json.dumps({
        "endpoint": endpoint, "bucket": "archive", "region": "eu-central-1", "access_key": key["AccessKeyId"],
        "secret_key": key["SecretAccessKey"],
    }), flush=True)
    client = boto3.client("s3", **{
        **anybody, "aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"],
    })
    for line in sys.stdin:
        print(json.dumps(answer(client, json.loads(line))), flush=True)
    server.stop()


main()
