"""Makes a peer keep what Jetbridge keeps: each question before it is acknowledged, each answer before it is posted."""

import sqlite3


class Keeper:
    """Stores messages in an SQLite database, each durable when the call returns. Without a path it stores nothing."""

    def __init__(self, path=None):
        self.database = None
        if path is None:
            return
        self.database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute("PRAGMA synchronous=FULL")
        self.database.execute(
            "CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, thread TEXT, role TEXT, text TEXT)")

    def question(self, thread, text):
        self.store(thread, "user", text)

    def answer(self, thread, text):
        self.store(thread, "assistant", text)

    def store(self, thread, role, text):
        if self.database is not None:
            self.database.execute(
                "INSERT INTO messages (thread, role, text) VALUES (?, ?, ?)", (str(thread), role, text))
