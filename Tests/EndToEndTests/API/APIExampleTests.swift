import Gateway
import JSON
import Primitives
import Processes
import TestSupport
import Testing

/// The calls of docs/api-reference.md, made with curl to the real program.
@Suite("The examples of the API", .serialized, .timeLimit(.minutes(3)))
struct APIExampleTests {
    private struct Answer {
        let status: Int
        let body: String
    }

    /// What the words in capitals stand for.
    private var words: [String: String] = [:]

    private func run(_ command: String, _ address: String, _ token: String) async throws -> Answer {
        var text = command
        for (word, value) in self.words { text = text.replacing(word, with: value) }
        // Commands without a status of HTTP end with another line of their own.
        let script = "B=http://\(address); A='Authorization: Bearer \(token)'\n\(text) -w '\\n%{http_code}'"
        let result = try await Process.run(.tied("/bin/bash", ["-c", script], environment: ["PATH": "/usr/bin:/bin"]))
        let end = result.text.lastIndex(of: "\n") ?? result.text.startIndex
        return Answer(
            status: Int(result.text[end...].drop { $0 == "\n" }) ?? 0, body: String(result.text[..<end]))
    }

    private static func member(_ path: String, of text: String) throws -> String? {
        var json = try JSON.parse(Array(text.utf8))
        for part in path.split(separator: ".") {
            guard let next = Int(part).map({ json[$0] }) ?? json[String(part)] else { return nil }
            json = next
        }
        return json.stringValue ?? json.intValue.map(String.init)
    }

    @Test("every operation has an example, and each example is answered as it says")
    mutating func examples() async throws {
        let receiver = try await HookReceiver.started(secret: "the receiver's own secret")
        let directory = try TemporaryDirectory()
        let secret = directory.write("secret", "the receiver's own secret", mode: 0o600)
        let host = try await HostProcess(
            configuration: """
                gateway: {listen: "127.0.0.1:0"}
                model: {provider: rehearsal}
                repositories: [{name: notes, path: notes}]
                hooks: [{name: ci, url: "\(receiver.url)", secret: {file: "\(secret)"}, allow_private: true}]

                """)
        try await host.start()
        let address = try #require(host.address)
        self.words["CODE"] = await host.code
        let made = try await host.run(["token", "create", "--scope", "admin", "--json"])
        let owner = try JSON.parse(made.text)["token"]?.stringValue ?? ""
        let client = GatewayClient(address: address, token: owner)
        let paired = try JSON.parse(try await host.run(["pair", "--role", "member", "--json"]).text)
        let member = try await GatewayClient(signingInAt: address, code: paired["code"]?.stringValue ?? "", name: "Mia")
        for example in APIExample.all {
            // What a person would have done before.
            switch example.operation {
            case "getOperation": _ = try await client.ended(self.words["OPERATION"] ?? "")
            case "listJobs":
                _ = try await client.ended(try await client.send("/run true", to: self.words["THREAD"] ?? ""))
            case "getFeature":
                let text = "/specify a login page"
                let done = try await client.ended(try await client.send(text, to: self.words["THREAD"] ?? ""))
                self.words["SHA"] = done["commits"]?[0]?["sha"]?.stringValue
            case "listWaitingAsks":
                let thread = try await member.newThread()
                _ = try await member.send("/run true", to: thread)
                while try await client.get("/api/v1/asks")["items"]?.arrayValue?.isEmpty != false {
                    try await Task.sleep(for: .milliseconds(20))
                }
            case "addBrowser":
                let people = try await client.get("/api/v1/people")["items"]?.arrayValue ?? []
                self.words["PERSON"] = people.first { $0["role"] == "member" }?["id"]?.stringValue
            case "revokeCredential":
                let people = try await client.get("/api/v1/people")["items"]?.arrayValue ?? []
                self.words["CREDENTIAL"] = people.first { $0["way"] == "sign-in" }?["browsers"]?[0]?.stringValue
            default: break
            }
            let answer = try await self.run(example.command, address, owner)
            expectEqual(
                answer.status, example.status, "\(example.operation): \(example.command): \(answer.body.prefix(400))")
            guard answer.status == example.status else { continue }
            for (word, path) in example.captures {
                self.words[word] = try Self.member(path, of: answer.body)
                #expect(self.words[word] != nil, "\(example.operation): \(path)")
            }
        }
        let document = try await client.get("/api/v1/openapi.json")
        let described = (document["paths"]?.objectValue ?? JSONObject()).flatMap { _, methods in
            (methods.objectValue ?? JSONObject()).compactMap { $0.value["operationId"]?.stringValue }
        }
        expectEqual(described.sorted(), APIExample.all.map(\.operation).sorted())
        await expectEqual(host.terminate(), .exited(0))
        await receiver.stop()
    }
}
