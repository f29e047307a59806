import Chat
import Glibc
import TestSupport
import Testing

@testable import Delivery
@testable import Sessions
@testable import Threads

@Suite("Contract: files", .timeLimit(.minutes(1)))
struct FileTests {
    /// A picture with a misleading name and type.
    private static let picture = PersonsFile(
        name: "scan.bin", bytes: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Array(repeating: 0, count: 3_000))
    private static let large = PersonsFile(
        name: "large.bin", bytes: Array(repeating: 1, count: ContractBench.fileLimit + 1))

    @Test(
        "a file arrives with its size and detected type; if it is too large, the text is answered, and the model is told",
        arguments: NetworkKind.allCases)
    func received(_ kind: NetworkKind) async throws {
        let worker = ContractWorker { _ in [.text("Seen.")] }
        try await ContractBench.run(kind, worker: worker) { bench in
            let hasFiles = bench.network.abilities.contains(.files)
            try await bench.network.send(Self.picture, saying: "What is this?", as: "alice")
            try await bench.wait { $0.last == "Seen." }
            try await bench.network.send(Self.large, saying: "And this?", as: "alice")
            try await bench.wait { $0.last == "Seen." && $0.count { $0 == "Seen." } == 2 }
            try await bench.say("And now?")
            let answers = try await bench.settled()
            expectEqual(answers.count { $0 == "Seen." }, 3)
            let told = answers.filter { $0 != "Seen." }
            let texts = worker.questions.map(\.text)
            #expect(texts.count == 3 && texts.last == "And now?")
            guard hasFiles else {
                // The in-memory network reports that files cannot be downloaded.
                #expect(told.allSatisfy { $0.contains("files cannot be fetched from here") })
                expectEqual(texts.map { $0.split(separator: "\n").first }, ["What is this?", "And this?", "And now?"])
                return
            }
            expectEqual(texts.first, "What is this?\n\nFiles:\n- `scan.bin` (image/png, 2.9 KiB)")
            expectEqual(
                texts.dropFirst().first, "And this?\n\n[file large.bin not available: it is larger than 64 KiB]")
            expectEqual(told.count, 1)
            expectEqual(told.first?.contains("large.bin"), true)
            expectEqual(told.first?.contains("was not read: it is larger than 64 KiB."), true)
            let session = try #require(worker.questions.first?.session)
            try expectEqual(Self.files(in: "\(bench.filesDirectory)/\(session)"), [Self.picture.bytes])
        }
    }

    /// The contents of all files there, whatever their names.
    private static func files(in folder: String) throws -> [[UInt8]] {
        guard let directory = opendir(folder) else { throw ContractFailure("\(folder) is missing") }
        defer { closedir(directory) }
        var files: [[UInt8]] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { files.append(try Self.bytes(of: "\(folder)/\(name)")) }
        }
        return files
    }

    private static func bytes(of path: String) throws -> [UInt8] {
        guard let file = fopen(path, "r") else { throw ContractFailure("\(path) is missing") }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: ContractBench.fileLimit)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }

    @Test(
        "an answer too long for messages becomes its beginning and a file, or a link where there are no files",
        arguments: NetworkKind.allCases)
    func answer(_ kind: NetworkKind) async throws {
        let sentence = "Part of an answer that no room shows in as few messages as it likes to. "
        let text = (1...300).map { "Paragraph \($0). " + String(repeating: sentence, count: 14) }
            .joined(separator: "\n\n")
        let worker = ContractWorker { $0 == "long" ? [.text(text)] : [.text("Answer to \($0).")] }
        try await ContractBench.run(try await kind.make(answerMessages: 10), worker: worker) { bench in
            let adapter = try bench.bridge.adapters.all[0]
            let traits = adapter.traits(of: RoomID(adapter: adapter.id, name: bench.network.room))
            try await bench.say("long")
            // Drafts that are no longer needed are emptied where messages cannot be deleted.
            let answers = try await bench.settled().filter { $0 != OutboxItem.blank }
            if traits.capabilities.contains(.transcript) {
                expectEqual(answers, [text])
                return
            }
            expectEqual(answers.count, traits.excerptMessages + 1)
            expectEqual(answers.first?.hasPrefix("Paragraph 1. "), true)
            expectEqual(answers.last?.hasPrefix("The whole answer"), true)
            let files = try await bench.network.files()
            if bench.network.abilities.contains(.files) {
                expectEqual(answers.last, "The whole answer")
                expectEqual(files.map(\.name), ["answer.md"])
                expectEqual(files.map(\.person), ["alice"])
                // Compared separately, because a failure would print them.
                let isWhole = files.first?.bytes == Array(text.utf8)
                #expect(isWhole)
            } else {
                expectEqual(answers.last?.contains("http://127.0.0.1:8787/a/"), true)
                #expect(files.isEmpty)
            }
            try await bench.say("next")
            let all = try await bench.settled().filter { $0 != OutboxItem.blank }
            expectEqual(all, answers + ["Answer to next."])
        }
    }
}
