import Copilot
import EventLoop
import JSON
import Models

/// A CLI in memory: answers every request, and sends the events that a test gives it.
@Net
final class ScriptedCopilotCLI: CopilotCLITransport {
    private(set) var calls: [(method: String, parameters: JSON)] = []
    /// Messages that are answers to its own requests.
    private(set) var replies: [JSON] = []
    /// The id of the last request.
    private(set) var lastID: JSON?
    private(set) var wasKilled = false
    private(set) var wasEnded = false
    /// Methods that get no answer.
    var deaf: Set<String> = []
    /// The answer to `connect`.
    var greeting = Result<JSON, JSONRPCError>.success(["protocolVersion": 3, "version": "9.9.9"])
    /// The result of `ping`.
    var pong: JSON = [:]
    /// Called after a request was answered.
    var onCall: (@Net (ScriptedCopilotCLI, String, JSON) -> Void)?

    private var framing = JSONRPCFraming()
    private var output: [[UInt8]] = []
    private var isOver = false
    private let changed = WaitList()

    nonisolated init() {}

    func run(_ take: @escaping @Net ([UInt8]) async -> Void) async {
        while true {
            while !self.output.isEmpty { await take(self.output.removeFirst()) }
            guard !self.isOver else { return }
            try? await self.changed.wait()
        }
    }

    func write(_ bytes: [UInt8]) {
        for body in (try? self.framing.receive(bytes)) ?? [] {
            guard let message = try? JSON.parse(body) else { continue }
            guard let method = message["method"]?.stringValue else {
                self.replies.append(message)
                continue
            }
            let parameters = message["params"] ?? .null
            self.calls.append((method, parameters))
            self.lastID = message["id"]
            if !self.deaf.contains(method) {
                let result = method == "connect" ? self.greeting : .success(method == "ping" ? self.pong : [:])
                let id = message["id"] ?? .null
                switch result {
                case .success(let result): self.send(JSONRPCMessage.answer(to: id, result))
                case .failure(let error): self.send(JSONRPCMessage.refusal(of: id, error))
                }
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

    func send(_ message: JSON) { self.send(body: message.bytes) }

    func send(body: [UInt8]) {
        self.output.append(JSONRPCFraming.frame(body))
        self.changed.wakeAll()
    }

    func failure(isStarting: Bool) -> ModelError {
        CopilotCLIFailure.ended(nil, errors: ["last words"], isStarting: isStarting, isJailed: true)
    }

    let ending = "ended"

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
