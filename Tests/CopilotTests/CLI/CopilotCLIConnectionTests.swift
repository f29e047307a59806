import Copilot
import JSON
import Models
import Testing

@Suite("The Copilot CLI's connection")
struct CopilotCLIConnectionTests {
    /// A connection that sent its greeting as request 1.
    private func started() -> CopilotCLIConnection {
        var connection = CopilotCLIConnection()
        #expect(connection.start() == [.send(JSONRPCMessage.request(1, "connect", [:]))])
        return connection
    }

    private func ready() -> CopilotCLIConnection {
        var connection = self.started()
        #expect(
            connection.receive(.result(id: 1, ["ok": true, "protocolVersion": 3, "version": "1.0.57"]))
                == [.ready(version: "1.0.57")])
        return connection
    }

    @Test("it greets once, and accepts the supported version")
    func greeting() {
        var connection = self.ready()
        #expect(connection.start().isEmpty)
    }

    @Test("an old version is greeted by ping")
    func ping() {
        var connection = self.started()
        let unknown = JSONRPCError(code: -32601, message: "no such method")
        #expect(
            connection.receive(.failure(id: 1, unknown))
                == [.send(JSONRPCMessage.request(2, "ping", ["message": "jetbridge"]))])
        #expect(connection.receive(.result(id: 2, ["protocolVersion": 3])) == [.ready(version: "unknown")])
    }

    @Test(
        "another version, or none, is refused, and the error says what to do",
        arguments: [
            (JSON.integer(2), "copilot update"), (.integer(4), "newer Jetbridge"), (.null, "copilot update"),
            ("3", "copilot update"),
        ])
    func versions(version: JSON, remedy: String) throws {
        var connection = self.started()
        let actions = connection.receive(.result(id: 1, ["protocolVersion": version, "version": "1.2.3"]))
        guard case .refused(let error)? = actions.first else {
            Issue.record("not refused: \(actions)")
            return
        }
        #expect(error.code == .invalidResponse)
        #expect(error.message.contains("1.2.3") && error.message.contains(remedy))
    }

    @Test("a refused greeting is reported")
    func refusedGreeting() {
        var connection = self.started()
        let actions = connection.receive(.failure(id: 1, JSONRPCError(code: -32001, message: "token needed")))
        guard case .refused(let error)? = actions.first else {
            Issue.record("not refused: \(actions)")
            return
        }
        #expect(error.message.contains("token needed"))
    }

    @Test("answers find their calls in any order; one without a call is only logged")
    func answers() {
        var connection = self.ready()
        let first = connection.call("a", [:]), second = connection.call("b", [:])
        #expect(connection.receive(.result(id: second.id, "B")) == [.answered(second.id, .success("B"))])
        let error = JSONRPCError(code: -1, message: "no")
        #expect(connection.receive(.failure(id: first.id, error)) == [.answered(first.id, .failure(error))])
        for message in [JSONRPCMessage.result(id: second.id, "B"), .result(id: 99, .null), .failure(id: nil, error)] {
            guard case .violation? = connection.receive(message).first else {
                Issue.record("taken: \(message)")
                continue
            }
        }
    }

    @Test("a request of the CLI with the same number as ours is not its answer")
    func collision() {
        var connection = self.ready()
        let call = connection.call("session.send", [:])
        let number = JSON.integer(Int64(call.id))
        let reply = connection.receive(.request(id: number, method: "hooks.invoke", params: [:]))
        guard case .send(let message)? = reply.first else {
            Issue.record("no reply")
            return
        }
        #expect(message["id"] == number && message["error"]?["code"] == -32601)
        #expect(connection.receive(.result(id: call.id, [:])) == [.answered(call.id, .success([:]))])
    }

    @Test("events go to their session; an invalid one is only logged")
    func events() {
        var connection = self.ready()
        let event: JSON = ["type": "session.idle"]
        #expect(
            connection.receive(.notification(method: "session.event", params: ["sessionId": "s", "event": event]))
                == [.event(session: "s", event)])
        #expect(connection.receive(.notification(method: "session.lifecycle", params: [:])).isEmpty)
        guard case .violation? = connection.receive(.notification(method: "session.event", params: [:])).first else {
            Issue.record("taken")
            return
        }
    }

    @Test(
        "questions to a person are declined",
        arguments: ["userInput.request", "elicitation.request", "permission.request"])
    func questions(method: String) throws {
        var connection = self.ready()
        guard case .send(let message)? = connection.receive(.request(id: 5, method: method, params: [:])).first else {
            Issue.record("no reply")
            return
        }
        #expect(message["id"] == 5 && message["error"] == nil && message["result"] != nil)
    }
}
