import HTTP
import JSON
import Processes
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
        let (directory, host) = try await Self.host()
        try await host.start(fault: "edit-stored:\(pass)")
        var client = try await host.signIn(as: "Ada")
        let thread = try await client.newThread()
        let sockets = WebSocketClient()
        try await YjsProgram.run { yjs in
            var acknowledged = 0
            let socket = try await Self.connect(client, thread, sockets)
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
            expectEqual(acknowledged, pass)
            try await host.waitForEnd()
            try await host.start()
            client = client.moved(to: try #require(host.address))
            let again = try await Self.connect(client, thread, sockets)
            for frame in try await yjs.person("other", begin: true).send { try await again.send(.binary(frame)) }
            var text = ""
            while text.isEmpty, let message = try await again.next() {
                if case .binary(let bytes) = message { text = try await yjs.person("other", take: [bytes]).text }
            }
            // The last one was stored, and not acknowledged.
            expectEqual(text.utf8.count, pass + 1, "\(text)")
            try await again.send(#"{"type":"save"}"#)
            while let message = try await again.next() {
                if case .text(let line) = message, try JSON.parse(line)["type"] == "saved" { break }
            }
        }
        let log = try RealGit(directory.path + "/project")("log -1 --format=%an:%s")
        expectEqual(log, "Ada:Edit docs/a.md")
        await sockets.stop()
        await expectEqual(host.terminate(), .exited(0))
    }

    @Test("kill -9 while five people type, again and again: nothing acknowledged is lost")
    func killedOften() async throws {
        let (_, host) = try await Self.host()
        try await host.start()
        var client = try await host.signIn(as: "Ada")
        let thread = try await client.newThread()
        let sockets = WebSocketClient()
        var random = SeededGenerator(state: 11)
        var acknowledged: Set<String> = []
        try await YjsProgram.run { yjs in
            for round in 0..<12 {
                var people: [(name: String, socket: WebSocket, words: [String])] = []
                for number in 0..<5 {
                    let name = "r\(round)p\(number)"
                    let socket = try await Self.connect(client, thread, sockets)
                    for frame in try await yjs.person(name, begin: true).send {
                        try await socket.send(.binary(frame))
                    }
                    // The host's text, and its question for this one's.
                    var frames = 0
                    while frames < 2, let message = try await socket.next() {
                        guard case .binary(let bytes) = message else { continue }
                        frames += 1
                        for frame in try await yjs.person(name, take: [bytes]).send {
                            try await socket.send(.binary(frame))
                        }
                    }
                    people.append((name, socket, []))
                }
                let count = Int.random(in: 5...40, using: &random)
                for key in 0..<count {
                    for index in people.indices {
                        let word = "<\(people[index].name)k\(key)>"
                        people[index].words.append(word)
                        for frame in try await yjs.person(people[index].name, edit: (0, 0, word)).send {
                            try await people[index].socket.send(.binary(frame))
                        }
                    }
                }
                await host.kill()
                for person in people {
                    var updates = 0
                    while let message = try? await person.socket.next() {
                        guard case .text(let text) = message, let json = try? JSON.parse(text) else { continue }
                        if json["type"] == "stored" { updates = json["updates"]?.intValue ?? updates }
                    }
                    // The first one answers the host's question.
                    acknowledged.formUnion(person.words.prefix(max(0, updates - 1)))
                }
                try await host.start()
                client = client.moved(to: try #require(host.address))
                let socket = try await Self.connect(client, thread, sockets)
                let reader = "reader\(round)"
                for frame in try await yjs.person(reader, begin: true).send { try await socket.send(.binary(frame)) }
                var text = ""
                while text.isEmpty, let message = try await socket.next() {
                    if case .binary(let bytes) = message { text = try await yjs.person(reader, take: [bytes]).text }
                }
                let lost = acknowledged.filter { !text.contains($0) }
                #expect(lost.isEmpty, "round \(round): \(lost)")
                await socket.close()
            }
        }
        #expect(acknowledged.count > 100)
        print("\(acknowledged.count) acknowledged edits in 12 kills")
        await sockets.stop()
        await expectEqual(host.terminate(), .exited(0))
    }

    private static func host() async throws -> (TemporaryDirectory, HostProcess) {
        let directory = try TemporaryDirectory()
        try RealGit(directory.path).shell(
            "mkdir -p project/docs && cd project && git init -q && echo > docs/a.md && git add . && git commit -qm a")
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                model: {provider: rehearsal}
                repositories: [{name: project, path: \(directory.path)/project}]

                """, directory: directory)
        return (directory, host)
    }

    private static func connect(
        _ client: GatewayClient, _ thread: String, _ sockets: WebSocketClient
    ) async throws -> WebSocket {
        let path = "/api/v1/threads/\(thread)/documents/docs/a.md/live"
        let headers: HTTPHeaders = ["Cookie": client.cookie ?? "", "Origin": client.base]
        return try await sockets.connect(try HTTPURL("ws" + client.base.dropFirst(4) + path), headers: headers)
    }
}
