"""The same work as the API's three calls, on the same kind of SQLite file, with FastAPI: a token by its hash, a row or a
page of them, and a message with its reply in one durable transaction."""

import hashlib
import os
import sqlite3
import time

from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel

app = FastAPI()
database = sqlite3.connect(os.environ["PEER_STORE"], isolation_level=None)
database.row_factory = sqlite3.Row
database.executescript("""
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    CREATE TABLE IF NOT EXISTS credentials (hash TEXT PRIMARY KEY, identity TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS threads (id TEXT PRIMARY KEY, title TEXT NOT NULL, owner TEXT NOT NULL,
        state TEXT NOT NULL, active_at INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS threads_by_activity ON threads (active_at, id);
    CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, thread TEXT NOT NULL, role TEXT NOT NULL,
        text TEXT NOT NULL, at INTEGER NOT NULL);
    CREATE INDEX IF NOT EXISTS messages_by_thread ON messages (thread, id);
""")


class Message(BaseModel):
    text: str


class Thread(BaseModel):
    id: str
    title: str
    owner: str
    state: str
    active_at: int
    last: str | None


class Page(BaseModel):
    items: list[Thread]


async def person(request: Request) -> str:
    secret = request.headers.get("authorization", "").removeprefix("Bearer ")
    row = database.execute(
        "SELECT identity FROM credentials WHERE hash = ?", [hashlib.sha256(secret.encode()).hexdigest()]).fetchone()
    if row is None:
        raise HTTPException(401)
    return row["identity"]


def thread(row) -> Thread:
    last = database.execute(
        "SELECT text FROM messages WHERE thread = ? ORDER BY id DESC LIMIT 1", [row["id"]]).fetchone()
    return Thread(**dict(row), last=last and last["text"])


@app.get("/api/v1/threads/{id}")
async def get_thread(id: str, owner: str = Depends(person)) -> Thread:
    row = database.execute("SELECT * FROM threads WHERE id = ?", [id]).fetchone()
    if row is None:
        raise HTTPException(404)
    return thread(row)


@app.get("/api/v1/threads")
async def list_threads(limit: int = 30, owner: str = Depends(person)) -> Page:
    rows = database.execute("SELECT * FROM threads ORDER BY active_at DESC, id DESC LIMIT ?", [limit]).fetchall()
    return Page(items=[thread(row) for row in rows])


@app.post("/api/v1/threads/{id}/messages", status_code=202)
async def post_message(id: str, message: Message, owner: str = Depends(person)) -> dict[str, str]:
    now = int(time.time() * 1000)
    database.execute("BEGIN IMMEDIATE")
    cursor = database.execute(
        "INSERT INTO messages (thread, role, text, at) VALUES (?, 'command', ?, ?)", [id, message.text, now])
    database.execute("INSERT INTO messages (thread, role, text, at) VALUES (?, 'note', ?, ?)", [id, owner, now])
    database.execute("UPDATE threads SET active_at = ? WHERE id = ?", [now, id])
    database.execute("COMMIT")
    return {"message_id": str(cursor.lastrowid)}
