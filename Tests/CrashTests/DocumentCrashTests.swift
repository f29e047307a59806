import HTTP
import JSON
import Processes
import Sessions
import TestSupport
import Testing
import WebSockets

/// Kills the real program between the storing of an edit and its acknowledgement.
@Suite("A crash while a document is edited", .serialized, .timeLimit(.minutes(3)))
struct DocumentCrashTests {
    @Test(
        "every acknowledged edit is there after the restart, with its author, and can be committed",
        arguments: [2, 5, 9])
    func killed(pass: Int) async throws {
        let directory = try TemporaryDirectory()
        try RealGit(directory.path).shell(
            "mkdir -p project/docs && cd project && git init -q && echo > docs/a.md && git add . && git commit -qm a")
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                model: {provider: rehearsal}
                repositories: [{name: project, path: \(directory.path)/project}]

                """, directory: directory)
        try await host.start(fault: "edit-stored:\(pass)")
        var client = try await GatewayClient(
            signingInAt: try #require(host.address), code: try #require(await host.code), name: "Ada")
        let thread = try await client.newThread()
        let sockets = WebSocketClient()
        func connect(_ client: GatewayClient, epoch: String? = nil) async throws -> WebSocket {
            let path = "/api/v1/threads/\(thread)/documents/docs/a.md/live" + (epoch.map { "?epoch=\($0)" } ?? "")
            let headers: HTTPHeaders = ["Cookie": client.cookie ?? "", "Origin": client.base]
            return try await sockets.connect(try HTTPURL("ws" + client.base.dropFirst(4) + path), headers: headers)
        }
        try await YjsProgram.run { yjs in
            var acknowledged = 0
            let socket = try await connect(client)
            do {
                // One edit at a time, each when the one before is acknowledged: the update that answers step 1 counts too.
                for frame in try await yjs.person("ada", begin: true).send { try await socket.send(.binary(frame)) }
                while let message = try await socket.next() {
                    switch message {
                    case .binary(let bytes):
                        for frame in try await yjs.person("ada", take: [bytes]).send {
                            try await socket.send(.binary(frame))
                        }
                    case .text(let text):
                        guard try JSON.parse(text)["type"] == "stored" else { continue }
                        acknowledged = try JSON.parse(text)["updates"]?.intValue ?? 0
                        let letter = String(UnicodeScalar(UInt8(97 + acknowledged)))
                        for frame in try await yjs.person("ada", edit: (0, 0, letter)).send {
                            try await socket.send(.binary(frame))
                        }
                    }
                }
            } catch is WebSocketError {}
            #expect(acknowledged == pass)
            try await host.waitForEnd()
            try await host.start()
            client = client.moved(to: try #require(host.address))
            let again = try await connect(client)
            for frame in try await yjs.person("other", begin: true).send { try await again.send(.binary(frame)) }
            var text = ""
            while text.isEmpty, let message = try await again.next() {
                if case .binary(let bytes) = message { text = try await yjs.person("other", take: [bytes]).text }
            }
            // The last one was stored, and not acknowledged.
            #expect(text.utf8.count == pass + 1, "\(text)")
            try await again.send(#"{"type":"save"}"#)
            while let message = try await again.next() {
                if case .text(let line) = message, try JSON.parse(line)["type"] == "saved" { break }
            }
        }
        let log = try RealGit(directory.path + "/project")("log -1 --format=%an:%s")
        #expect(log == "Ada:Edit docs/a.md")
        await sockets.stop()
        #expect(await host.terminate() == .exited(0))
    }
}
