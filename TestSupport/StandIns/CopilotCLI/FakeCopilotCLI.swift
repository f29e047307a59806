internal import JSON

/// A program that speaks the Copilot CLI's protocol and misbehaves on request in ways the real one rarely does.
///
/// The prompt's first word selects the behaviour: `die-early`, `die-late`, `deaf`, `permission`, `question`, `collide`,
/// `helper`, `wait`; anything else is echoed.
package struct FakeCopilotCLI: Sendable {
    /// How it answers the first request.
    package enum Greeting: String, Sendable {
        /// As it should.
        case connect
        /// As versions before `connect` did.
        case ping
        case silent
        /// With data that is not a message.
        case garbage
        /// It exits, as it has no server mode.
        case headlessMissing
        /// It exits with an error message on standard error.
        case fails
    }

    package let executable: String
    private let folder: String

    package init(
        in folder: String, greeting: Greeting = .connect, protocolVersion: Int = 3, errorOutput: String = ""
    ) throws {
        self.folder = folder
        self.executable = folder + "/fake-copilot"
        let behavior: JSON = [
            "greeting": .string(greeting.rawValue), "protocol": .integer(Int64(protocolVersion)),
            "errors": .string(errorOutput),
        ]
        try TestFile.write(behavior.text, to: folder + "/behavior.json", mode: 0o600)
        try TestFile.write(Self.script, to: self.executable, mode: 0o700)
    }

    /// The number of starts.
    package var starts: Int { self.lines("starts").count }
    /// The JSON-RPC messages it received over all starts, one per line.
    package var messages: [String] { self.lines("messages") }

    private func lines(_ name: String) -> [String] {
        String(decoding: ProcessTable.read("\(self.folder)/\(name)"), as: UTF8.self).split(separator: "\n")
            .map(String.init)
    }

    private static let script = #"""
        #!/usr/bin/python3
        import json, os, signal, subprocess, sys, threading, time

        here = os.path.dirname(os.path.abspath(__file__))
        with open(here + "/behavior.json") as file:
            behavior = json.load(file)
        with open(here + "/starts", "a") as file:
            file.write("%d\n" % os.getpid())
        if behavior["errors"]:
            sys.stderr.write(behavior["errors"] + "\n")
            sys.stderr.flush()
        greeting = behavior["greeting"]
        if greeting == "headlessMissing":
            sys.stderr.write("error: unknown option '--headless'\n")
            sys.exit(1)
        if greeting == "fails":
            sys.exit(7)

        lock = threading.Lock()
        answers, replied = {}, threading.Condition()

        def send(message):
            message["jsonrpc"] = "2.0"
            body = json.dumps(message).encode()
            with lock:
                sys.stdout.buffer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
                sys.stdout.buffer.flush()

        def event(session, kind, agent=None, **data):
            entry = {"id": "e", "type": kind, "data": data}
            if agent:
                entry["agentId"] = agent
            send({"method": "session.event", "params": {"sessionId": session, "event": entry}})

        def wait_for(key):
            with replied:
                replied.wait_for(lambda: key in answers, 20)
                return answers.get(key)

        def say(session, text):
            for word in text.split(" "):
                event(session, "assistant.message_delta", messageId="m", deltaContent=word + " ")
            event(session, "assistant.message", messageId="m", content=text + " ", toolRequests=[])

        def turn(session, prompt, number):
            event(session, "user.message", content=prompt)
            kind = prompt.split(" ")[0]
            with open(here + "/starts") as file:
                starts = len(file.readlines())
            if kind == "die-early" and starts == 1:
                os._exit(9)
            elif kind == "die-late":
                event(session, "assistant.message_delta", messageId="m", deltaContent="Half of ")
                time.sleep(0.1)
                os.kill(os.getpid(), signal.SIGKILL)
            elif kind == "deaf":
                subprocess.Popen(["sleep", "60"])  # a tool that somebody left running
                event(session, "assistant.message_delta", messageId="m", deltaContent="Endless ")
                return
            elif kind == "wait":
                event(session, "assistant.message_delta", messageId="m", deltaContent="Waiting ")
                wait_for("abort " + session)
                event(session, "abort", reason="user_initiated")
                event(session, "session.idle", aborted=True)
                return
            elif kind == "permission":
                event(session, "permission.requested", requestId="p1", permissionRequest={
                    "kind": "shell", "fullCommandText": "rm -rf /", "intention": "Clean up"})
                say(session, "Decision: " + wait_for("p1")["kind"])
            elif kind == "question":
                # Uses the id of the current request: the two sides number their requests independently.
                send({"id": number, "method": "userInput.request",
                      "params": {"sessionId": session, "question": "Which?", "allowFreeform": True}})
                answer = wait_for(("ours", number))
                say(session, "Heard: " + answer["result"]["answer"])
            elif kind == "collide":
                send({"id": number, "method": "nonsense.request", "params": {}})
                say(session, "Refused: %d" % wait_for(("ours", number))["error"]["code"])
            elif kind == "helper":
                event(session, "assistant.message_delta", agent="a1", messageId="x", deltaContent="Secret helper ")
                event(session, "assistant.message", agent="a1", messageId="x", content="Secret helper talk")
                say(session, "The real answer")
            else:
                say(session, "You said: " + prompt)
            event(session, "assistant.usage", model="fake", inputTokens=11, outputTokens=7)
            event(session, "session.idle")

        def handle(message):
            with open(here + "/messages", "a") as file:
                file.write(json.dumps(message) + "\n")
            method, number, params = message.get("method"), message.get("id"), message.get("params") or {}
            if method is None:
                with replied:
                    answers[("ours", number)] = message
                    replied.notify_all()
                return
            result = {}
            if method == "connect":
                if greeting == "silent":
                    return
                if greeting == "garbage":
                    sys.stdout.buffer.write(b"Welcome to something else entirely\r\n\r\n")
                    sys.stdout.buffer.flush()
                    return
                if greeting == "ping":
                    send({"id": number, "error": {"code": -32601, "message": "no such method"}})
                    return
                result = {"ok": True, "protocolVersion": behavior["protocol"], "version": "9.9.9"}
            elif method == "ping":
                result = {"message": "pong", "protocolVersion": behavior["protocol"]}
            elif method == "session.create":
                result = {"sessionId": params["sessionId"]}
            elif method == "session.send":
                threading.Thread(target=turn, args=(params["sessionId"], params["prompt"], number), daemon=True).start()
                time.sleep(0.02)  # the first events come before the answer
            elif method == "session.abort":
                with replied:
                    answers["abort " + params["sessionId"]] = params
                    replied.notify_all()
            elif method == "session.permissions.handlePendingPermissionRequest":
                with replied:
                    answers[params["requestId"]] = params["result"]
                    replied.notify_all()
            send({"id": number, "result": result})

        while True:
            length = None
            while True:
                header = sys.stdin.buffer.readline()
                if not header:
                    os._exit(0)
                if not header.strip():
                    break
                name, value = header.split(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            handle(json.loads(sys.stdin.buffer.read(length)))
        """#
}
