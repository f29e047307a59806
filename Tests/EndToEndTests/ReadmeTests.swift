import JSON
import TestSupport
import Testing

/// Plays the threads that README.md shows, so that they stay what people see.
@Suite("threads of README.md", .timeLimit(.minutes(1)))
struct ReadmeTests {
    /// What alice writes, and what the bot then says.
    struct Step {
        let words: String
        var lines: [String] = []
    }

    static let threads: [[Step]] = {
        let page = String(decoding: ProcessTable.read("\(PythonClients.root)/README.md"), as: UTF8.self)
        return page.matches(of: /(?s)\n````\n(alice .*?)\n````\n/).map { match in
            match.1.split(separator: "\n").reduce(into: []) { steps, line in
                if line.hasPrefix("alice") {
                    steps.append(Step(words: String(line.dropFirst(7))))
                } else {
                    steps[steps.count - 1].lines.append(String(line.dropFirst(7)))
                }
            }
        }
    }()

    @Test("README.md has the threads of a command and of a specification")
    func pages() {
        expectEqual(Self.threads.compactMap { $0.first?.words.prefix(6) }, ["/run c", "/speci"])
    }

    @Test("each line appears after the words that it follows", arguments: threads.indices)
    func replay(_ index: Int) async throws {
        let host = try await HostProcess(configuration: "gateway: {listen: \"127.0.0.1:0\"}\n")
        try await host.start()
        var reader = Reader(try await host.signIn(as: "alice"))
        for step in Self.threads[index] {
            let seen = try await reader.say(step.words)
            for line in step.lines where line != "[…]" {
                #expect(seen.contains(Reader.plain(line)), "after \(step.words): \(line)\n\(seen)")
            }
        }
        _ = await host.terminate()
    }
}

/// A person in a thread of the web chat.
private struct Reader {
    private let client: GatewayClient
    private var thread = ""
    private var seen: Set<String> = []
    private var asks: Set<String> = []
    private var operation = ""

    init(_ client: GatewayClient) { self.client = client }

    /// Returns what is new when the answer has ended, or when it asks.
    mutating func say(_ words: String) async throws -> String {
        if self.thread.isEmpty { self.thread = try await self.client.newThread() }
        let operation = try await self.client.send(words, to: self.thread)
        // An approval is answered while the turn that asked runs on.
        if words == "/approve" { _ = try await self.client.ended(operation) } else { self.operation = operation }
        var options: [String] = []
        while options.isEmpty, try await self.isRunning() {
            options = try await self.newOptions()
            if options.isEmpty { try await Task.sleep(for: .milliseconds(20)) }
        }
        if options.isEmpty { options = try await self.newOptions() }
        let texts = try await self.client.transcript(of: self.thread).map { Self.plain($0.text) }
        defer { self.seen.formUnion(texts) }
        return (texts.filter { !self.seen.contains($0) } + options).joined(separator: "\n")
    }

    private func isRunning() async throws -> Bool {
        let state = try await self.client.get("/api/v1/operations/\(self.operation)")["state"]?.stringValue
        return state == "queued" || state == "running"
    }

    private mutating func newOptions() async throws -> [String] {
        var lines: [String] = []
        for ask in try await self.client.get("/api/v1/asks")["items"]?.arrayValue ?? [] {
            guard let id = ask["id"]?.stringValue, self.asks.insert(id).inserted else { continue }
            lines += (ask["options"]?.arrayValue ?? []).map { option in
                let recommended = option["recommended"] == true ? " (recommended)" : ""
                return "\(option["key"]?.stringValue ?? ""). \(option["label"]?.stringValue ?? "")\(recommended)"
            }
        }
        return lines
    }

    /// Without Markdown, and without what differs from run to run.
    static func plain(_ text: String) -> String {
        text.replacing(/\[([^\]\n]+)\]\([^)\n]+\)/) { String($0.1) }
            .replacing(/https?:\/\/\S+/, with: "URL")
            .replacing(/\b[0-9a-f]{7,40}\b/, with: "HASH")
            .replacing(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/, with: "TIME")
            .replacing(/, \d\d:\d\d UTC/, with: ", TIME")
            .replacing(/\d+\.\d s\b/, with: "SECONDS")
            .replacing("`", with: "").replacing("**", with: "")
            .split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: "\n")
    }
}
