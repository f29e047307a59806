/// What there is to know of an operation besides its summary and its members: its description in the OpenAPI document.
enum APIDetails {
    /// By operation.
    static let all: [String: String] = [
        "signInMethods": """
        For `github` and `oidc`, browsers open `/api/v1/signin/github?next=/PATH` or `/api/v1/signin/oidc?next=/PATH`, \
        which leads to the provider, back, and to the path.
        """,
        "listThreads": """
        Archived threads are left out, or listed alone with `archived=true`. `q` searches as the page does, combines \
        with the other parameters, and `found` is the line with the words. `own` and `owner_name` say whose a thread \
        is.
        """,
        "changeThread": "A title has 1 to 120 characters; `jetbridge sessions list` shows it, too.",
        "deleteThread": "The page has it in the conversation's menu.",
        "listMessages": """
        Messages have a role: `user`, `command`, `assistant`, `note` (from the bot, not the model), `commit` or \
        `thinking` (the model's reasoning before the answer, whose first line says how long it took). \
        `before=latest` gives the newest page, and `previous_cursor` leads to older ones. `files` lists what came with \
        a message; its text ends with what the model is given of them, and `written` says how much of it the author \
        wrote.
        """,
        "postMessage": """
        A message that is sent while another one of the same person waits in the thread, or runs and has shown \
        nothing, joins its operation, whose id the answer has. While the host stops, a message is still accepted: its \
        operation stays `queued` until the next start.
        """,
        "uploadFile": """
        The answer's `name` is the one that the file will have in the workspace, with a number if another file there \
        has it (`data-2.csv`), and its `type` is found by its content. A file of the same name that still waits is \
        replaced. Commands that are answered at once, such as `/status`, leave the files for the next message. At most \
        16 files wait, for a day. A file has at most 20 MiB, and its name is no path.
        """,
        "exportThread": """
        The command `export [markdown|json]` posts it into the thread as a file; in the web chat, on networks without \
        files and where it is too large, its reply is the link.
        """,
        "stopOperation": """
        Unlike the command, it adds no message and no reply, only the line that the answer was stopped. An operation \
        that follows a job stops following it.
        """,
        "listSteps": """
        Each call has its tool, input, decision, state, summary and result, of which the last two are cut. With \
        `after`, members that are `null` have not changed since then. At most the last 150 or so calls are listed; \
        `is_cut` says so.
        """,
        "listWaitingAsks": """
        Each with `thread_id`, `title` and `asked_by`. `can_answer` says whether you may answer, `waits_for` who may.
        """,
        "listPeople": """
        `way` is `list`, `code`, `sign-in` or `token`; `removed` are those who stay out whatever the lists say; \
        `invites` are the open ones.
        """,
        "changePerson": "The last owner cannot be lowered.",
        "removePerson": "The last owner cannot be removed.",
        "addBrowser": "The id may be your own, which is `id` of `GET /api/v1/me`.",
        "listDocuments": """
        From the branch of the feature that the thread has chosen, or else the repository's own.
        """,
        "saveDocument": """
        Where both sides changed the same lines, nothing is committed, and the 409 has `base_text`, `theirs` and \
        `ours`; `merged` says that both changes are in. A document is UTF-8 text. A symbolic link is not read or saved.
        """,
        "editDocument": """
        A token that may only read gets 404 where there is no document. Whoever has 20 documents open, or this one in \
        five places, gets 503; owners have no such share. An edit under a client id of Yjs that is somebody else's is \
        not stored: the connection ends with the error `foreign-client`.
        """,
        "getFeature": """
        The branch and folder, for each stage its state and the last commit of its document, and the repository's \
        other features. A thread without a feature gets 404 with a line that says how to begin.
        """,
    ]
}
