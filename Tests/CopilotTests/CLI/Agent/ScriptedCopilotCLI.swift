import Copilot
import EventLoop
import JSON

/// A CLI in memory: answers every request, and sends the events that a test gives it.
@Net
final class ScriptedCopilotCLI: CopilotCLITransport {
    private(set) var calls: [(method: String, parameters: JSON)] = []
    private(set) var wasKilled = false
    private(set) var wasEnded = false
    /// Methods that get no answer.
    var deaf: Set<String> = []
    /// Called after a request was answered.
    var onCall: (@Net (ScriptedCopilotCLI, String, JSON) -> Void)?

    private var framing = JSONRPCFraming()
    private var output: [[UInt8]] = []
    private var isOver = false
    private let changed = WaitList()

    nonisolated init() {}

    func read() async -> [UInt8]? {
        while self.output.isEmpty, !self.isOver { try? await self.changed.wait() }
        return self.output.isEmpty ? nil : self.output.removeFirst()
    }

    func write(_ bytes: [UInt8]) {
        for body in (try? self.framing.receive(bytes)) ?? [] {
            guard let message = try? JSON.parse(body), let method = message["method"]?.stringValue else { continue }
            let parameters = message["params"] ?? .null
            self.calls.append((method, parameters))
            if !self.deaf.contains(method) {
                let result: JSON = method == "connect" ? ["protocolVersion": 3, "version": "9.9.9"] : [:]
                self.send(["jsonrpc": "2.0", "id": message["id"] ?? .null, "result": result])
            }
            self.onCall?(self, method, parameters)
        }
    }

    func event(_ type: String, _ data: JSON = [:]) {
        self.send([
            "jsonrpc": "2.0", "method": "session.event",
            "params": ["sessionId": "jb-1", "event": ["type": .string(type), "data": data]],
        ])
    }

    /// A call of `bash` that is asked about.
    func ask(_ id: String, _ command: String) {
        self.event(
            "tool.execution_start",
            ["toolCallId": .string(id), "toolName": "bash", "arguments": ["command": .string(command)]])
        self.event(
            "permission.requested",
            [
                "requestId": .string("r-" + id),
                "permissionRequest": [
                    "kind": "shell", "toolCallId": .string(id), "fullCommandText": .string(command),
                ],
            ])
    }

    private func send(_ message: JSON) {
        self.output.append(JSONRPCFraming.frame(message.bytes))
        self.changed.wakeAll()
    }

    var errorOutput: String { "last words" }
    var reason: String? { nil }

    /// The process ends by itself.
    func die() {
        self.isOver = true
        self.changed.wakeAll()
    }

    func kill() {
        self.wasKilled = true
        self.die()
    }

    func end(patience: Duration) async {
        self.wasEnded = true
        self.die()
    }

    /// The results of requests for permission.
    var decisions: [String] {
        self.calls.filter { $0.method == "session.permissions.handlePendingPermissionRequest" }.map {
            "\($0.parameters["requestId"]?.stringValue ?? "") \($0.parameters["result"]?["kind"]?.stringValue ?? "")"
        }
    }
}
