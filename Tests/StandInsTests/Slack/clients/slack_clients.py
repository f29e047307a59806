"""Helpers shared by the slack_sdk and slack_bolt scripts."""

import json
import sys
import time

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError


class Place:
    """The addresses and names from the test's JSON argument."""

    def __init__(self):
        for name, value in json.loads(sys.argv[1]).items():
            setattr(self, name, value)

    def client(self, token=None):
        return WebClient(token=token or self.bot_token, base_url=self.api_url)


def refused(error, call, **arguments):
    """Returns the answer of a call that must fail with this error."""
    try:
        call(**arguments)
    except SlackApiError as problem:
        assert problem.response["error"] == error, (problem.response["error"], error)
        return problem.response
    raise AssertionError(f"{error} expected")


def wait(what, condition, seconds=20):
    """Waits until the condition is true and returns its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"timed out waiting for {what}")
