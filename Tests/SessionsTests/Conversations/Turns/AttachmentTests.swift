import Chat
import Files
import Glibc
import Primitives
import Store
import TestSupport
import Testing

@testable import Sessions
@testable import Threads

@Suite("Files that come with a question", .timeLimit(.minutes(1)))
struct AttachmentTests {
    private static func traits(_ capabilities: RoomTraits.Capabilities = .files, limit: Int = 1 << 20) -> RoomTraits {
        RoomTraits(
            capabilities: capabilities, textLimit: 400, textUnit: .bytes, isMultiline: false, uploadLimit: limit)
    }

    private func harness(
        traits: RoomTraits = Self.traits(), limit: Int = 4_096, hasPlace: Bool = true,
        worker: ScriptedWorker = ScriptedWorker([.event(.text("Seen."))]), desk: FakeDesk? = nil,
        reading: (any FileReading)? = nil
    ) async throws -> BridgeHarness {
        let directory = try TemporaryDirectory()
        return try await BridgeHarness(
            directory: directory, traits: traits, worker: worker,
            settings: BridgeSettings(
                publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50),
                filesDirectory: hasPlace ? directory.path + "/files" : nil, fileLimit: limit), desk: desk,
            reading: reading)
    }

    private static let notes = Attachment(id: "F1", name: "../notes.txt", mediaType: "text/plain", size: 6)
    private static let image = Attachment(id: "F2", name: "a.png")
    private static let png: [UInt8] =
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + Array(repeating: 0, count: 3_000)

    @Test("files are stored in their session's directory, are part of the question, and stay in the history")
    func received() async throws {
        let harness = try await self.harness()
        harness.adapter.setFile("F1", to: Array("hello\n".utf8))
        harness.adapter.setFile("F2", to: Self.png)
        try await harness.adapter.say("What is this?", attachments: [Self.notes, Self.image])
        await harness.adapter.waitForText("Seen.")
        let request = try #require(harness.worker.requests.first)
        let wanted = """
            What is this?

            Files:
            - `notes.txt` (text/plain, 6 B)
            - `a.png` (image/png, 2.9 KiB)

            `notes.txt`:
            ```txt
            hello
            ```
            """
        expectEqual(request.text, wanted)
        let folder = "\(harness.directory.path)/files/\(request.session)"
        let names = try Self.files(in: folder)
        expectEqual(names.count, 2)
        #expect(names.contains { $0.hasSuffix("-1-notes.txt") } && names.contains { $0.hasSuffix("-2-a.png") })
        for name in names { expectEqual(Self.mode(of: "\(folder)/\(name)"), 0o600) }
        expectEqual(Self.mode(of: folder), 0o700)
        _ = try await harness.ask("And now?")
        await harness.adapter.waitForText("You said: And now?")
        expectEqual(harness.worker.requests.last?.history.map(\.text), [wanted, "Seen."])
        let image = try #require(request.images.first)
        #expect(request.images.count == 1 && image.name == "a.png" && image.mediaType == "image/png")
        #expect(image.size == Self.png.count && names.contains(image.file))
        expectEqual(harness.worker.requests.last?.images.isEmpty, true)
        expectEqual(harness.worker.requests.last?.history.map(\.images), [[image], []])
        try await expectEqual(harness.turn(request.id)?.attachments.isEmpty, true)
    }

    @Test("images of what a question replies to come along, at most four, until their message is deleted")
    func imagesOfOthers() async throws {
        let harness = try await self.harness()
        let fake = harness.adapter
        for number in 1...6 { fake.setFile("F\(number)", to: Self.png) }
        let images = (1...6).map {
            Attachment(id: "F\($0)", name: "\($0).png", mediaType: $0 == 1 ? nil : "image/png")
        }
        let reply = fake.said("look", by: "alice", as: .repliedTo, message: "m1", in: "alice", attachments: images)
        try await fake.say("What is this?", message: "q1", enclosed: [reply])
        await fake.waitForText("Seen.")
        try await harness.settle()
        let request = try #require(harness.worker.requests.first)
        expectEqual(request.images.map(\.name), ["1.png", "2.png", "3.png", "4.png"])
        expectEqual(request.text, "What is this?")
        #expect(request.surroundings.contains("+ file: 6.png"))
        _ = try await harness.ask("And now?")
        try await harness.settle()
        expectEqual(harness.worker.requests.last?.history.map(\.images), [request.images, []])
        try await expectEqual(fake.takeBack("m1"), .stored)
        _ = try await harness.ask("And then?")
        try await harness.settle()
        expectEqual(harness.worker.requests.last?.history.first?.images, [])
    }

    @Test(
        "they are read like the files of a question, and their message's deletion removes them",
        arguments: [true, false])
    func readImagesOfOthers(isDeleted: Bool) async throws {
        let reading = FakeReading()
        let harness = try await self.harness(reading: reading)
        reading.folder.withLock { $0 = harness.directory.path + "/files/" }
        let fake = harness.adapter
        fake.setFile("F1", to: Self.png)
        let reply = fake.said(
            "look", by: "carol", as: .repliedTo, message: "m1", in: "alice",
            attachments: [Attachment(id: "F1", name: "1.png", mediaType: "image/png")])
        try await fake.say("What is this?", message: "q1", enclosed: [reply])
        await fake.waitForText("Seen.")
        try await harness.settle()
        let request = try #require(harness.worker.requests.first)
        expectEqual(request.images.map(\.mediaType), ["image/jpeg"])
        let path = "\(harness.directory.path)/files/\(request.session)/\(request.images.first?.file ?? "")"
        expectEqual(ProcessTable.read(path), Array("small".utf8), "the original is gone")
        if isDeleted { try await expectEqual(fake.takeBack("m1"), .stored) }
        _ = try await harness.ask("And then?")
        try await harness.settle()
        expectEqual(harness.worker.requests.last?.history.first?.images, isDeleted ? [] : request.images)
    }

    @Test("files of members land in the workspace under a safe name, also with a command; those of guests do not")
    func workspace() async throws {
        let desk = FakeDesk()
        let harness = try await self.harness(desk: desk)
        harness.adapter.setFile("F1", to: Array("hello\n".utf8))
        try await harness.adapter.say("What is this?", attachments: [Self.notes])
        await harness.adapter.waitForText("Seen.")
        expectEqual(desk.received, ["notes.txt: hello\n"])
        let names = ["a/../../b\u{7}.txt", "..", ".git", "x\u{202E}y\n", "/etc/passwd"]
        for (number, name) in names.enumerated() {
            let id = "N\(number)"
            harness.adapter.setFile(id, to: [65])
            _ = try await harness.adapter.say("!run make", attachments: [Attachment(id: id, name: name)])
        }
        try await eventually("six files have arrived") { desk.received.count >= 6 }
        expectEqual(desk.received.dropFirst(), ["b.txt: A", "file: A", "git: A", "xy: A", "passwd: A"])
        _ = try await harness.adapter.say("Look", from: "gina", in: "gina", attachments: [Self.notes])
        // Files are placed before their turn begins.
        try await eventually("the worker has the request") {
            harness.worker.requests.contains { $0.text.hasPrefix("Look") }
        }
        expectEqual(desk.received.count, 6)
    }

    @Test("two files with the same name get different names")
    func sameName() async throws {
        let desk = FakeDesk()
        let harness = try await self.harness(desk: desk)
        harness.adapter.setFile("F1", to: Array("one\n".utf8))
        harness.adapter.setFile("F2", to: Array("two\n".utf8))
        let both = ["F1", "F2"].map { Attachment(id: $0, name: "a.txt") }
        try await harness.adapter.say("Compare", attachments: both)
        await harness.adapter.waitForText("Seen.")
        expectEqual(desk.received, ["a.txt: one\n", "2-a.txt: two\n"])
        let asked = try #require(harness.worker.requests.first?.text)
        #expect(asked.contains("- `a.txt`") && asked.contains("- `2-a.txt`"))
        #expect(harness.adapter.texts.contains("`a.txt` is in the workspace already, so yours is `2-a.txt` there."))
    }

    @Test("a file without text is a question, and its name is the title")
    func wordless() async throws {
        let harness = try await self.harness()
        harness.adapter.setFile("F1", to: Array("hello\n".utf8))
        try await expectEqual(harness.adapter.say("", attachments: [Self.notes]), .stored)
        await harness.adapter.waitForText("Seen.")
        expectEqual(harness.worker.requests.first?.text.hasPrefix("Files:\n- `notes.txt`"), true)
        let session = try await harness.bridge.store.read { ledger in try ledger.sessions(after: nil, limit: 1) }
        expectEqual(session.items.first?.title, "../notes.txt")
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        let name: String
        var attachment = Attachment(id: "F1", name: "a.png")
        var bytes: [UInt8]? = Array("hello".utf8)
        var traits = AttachmentTests.traits()
        var hasPlace = true
        let line: String
        var testDescription: String { self.name }
    }

    @Test(
        "a file that cannot be fetched is reported in one line, and the turn continues without it",
        arguments: [
            Failure(name: "missing", bytes: nil, line: "`a.png` was not read: there is no file F1."),
            Failure(
                name: "told too large", attachment: Attachment(id: "F1", name: "a.png", size: 5_000),
                line: "`a.png` was not read: it is larger than 4 KiB."),
            Failure(
                name: "too large", bytes: Array(repeating: 0x61, count: 4_097),
                line: "`a.png` was not read: it is larger than 4 KiB."),
            Failure(
                name: "too large for the room", bytes: Array(repeating: 0x61, count: 1_025),
                traits: AttachmentTests.traits(limit: 1_024), line: "`a.png` was not read: it is larger than 1 KiB."),
            Failure(
                name: "a page", bytes: Array("<!doctype html><h1>Sign in</h1>".utf8),
                line: "`a.png` was not read: the network sent a web page instead."),
            Failure(
                name: "no place", hasPlace: false, line: "`a.png` was not read: this host has no place for files."),
            Failure(
                name: "no files", traits: AttachmentTests.traits([]),
                line: "`a.png` was not read: files cannot be fetched from here."),
        ])
    func failures(_ failure: Failure) async throws {
        let harness = try await self.harness(traits: failure.traits, hasPlace: failure.hasPlace)
        if let bytes = failure.bytes { harness.adapter.setFile("F1", to: bytes) }
        try await harness.adapter.say("What is this?", attachments: [failure.attachment])
        await harness.adapter.waitForText("Seen.")
        expectEqual(harness.adapter.texts, [failure.line, "Seen."])
        let reason = failure.line.dropFirst("`a.png` was not read: ".count).dropLast()
        expectEqual(
            harness.worker.requests.map(\.text), ["What is this?\n\n[file a.png not available: \(reason)]"])
        if failure.hasPlace, let session = harness.worker.requests.first?.session {
            #expect(try Self.files(in: "\(harness.directory.path)/files/\(session)").isEmpty)
        }
    }

    /// Reads what is named `.pdf`, and makes images small.
    private struct FakeReading: FileReading {
        /// Of all sessions' files; empty if what is made of an image need not exist.
        let folder = Protected("")

        func read(_ file: ReceivedFile, in session: String) async throws -> ReceivedFile {
            var read = file
            if file.name.hasSuffix(".pdf") {
                read.text = "The text."
            } else if file.image != nil {
                let folder = self.folder.withLock(\.self)
                if !folder.isEmpty { try TestFile.write("small", to: "\(folder)\(session)/small") }
                read.shown = SentImage(
                    file: "small", name: file.name, mediaType: "image/jpeg", size: 10, width: 1, height: 1)
            } else {
                read.failure = FileFailure(reason: "files of its type cannot be shown")
            }
            return read
        }
    }

    @Test("the model gets what was made of files, and both sides learn what was not read; the original stays")
    func readable() async throws {
        let desk = FakeDesk()
        let harness = try await self.harness(desk: desk, reading: FakeReading())
        harness.adapter.setFile("F1", to: Array("%PDF-1.4 ```".utf8))
        harness.adapter.setFile("F2", to: Self.png)
        harness.adapter.setFile("F3", to: [0, 1, 2])
        let files = [Attachment(id: "F1", name: "a.pdf"), Self.image, Attachment(id: "F3", name: "movie.mkv")]
        try await harness.adapter.say("What is this?", attachments: files)
        await harness.adapter.waitForText("Seen.")
        let request = try #require(harness.worker.requests.first)
        expectEqual(
            request.text,
            """
            What is this?

            Files:
            - `a.pdf` (application/pdf, 12 B)
            - `a.png` (image/png, 2.9 KiB)
            - `movie.mkv` (application/octet-stream, 3 B)

            [file movie.mkv not available: files of its type cannot be shown; it is in the workspace]

            `a.pdf`:
            ```
            The text.
            ```
            """)
        expectEqual(request.images.map(\.file), ["small"])
        #expect(
            harness.adapter.texts.contains(
                "`movie.mkv` was not read: files of its type cannot be shown; it is in the workspace."))
        expectEqual(desk.received.count, 3)
        let names = try Self.files(in: "\(harness.directory.path)/files/\(request.session)")
        #expect(names.contains { $0.hasSuffix("-2-a.png") })
        _ = try await harness.ask("And now?")
        await harness.adapter.waitForText("You said: And now?")
        expectEqual(harness.worker.requests.last?.history.first?.images.map(\.file), ["small"])
    }

    @Test("what a command gets as files is not read for a model")
    func unread() async throws {
        let desk = FakeDesk()
        let harness = try await self.harness(desk: desk, reading: FakeReading())
        harness.adapter.setFile("F3", to: [0, 1, 2])
        try await harness.adapter.say("!run make", attachments: [Attachment(id: "F3", name: "movie.mkv")])
        await harness.adapter.waitForText("Seen.")
        #expect(!harness.adapter.texts.contains { $0.contains("was not read") })
    }

    @Test("a turn with nothing left to answer fails and says so")
    func nothing() async throws {
        let harness = try await self.harness()
        try await harness.adapter.say("", attachments: [Self.image])
        await harness.adapter.waitForPosts(2)
        expectEqual(harness.adapter.texts.last?.hasPrefix("There is nothing to answer"), true)
        #expect(harness.worker.requests.isEmpty)
    }

    @Test("files of a waiting message are fetched when its turn begins, even after a restart")
    func queued() async throws {
        let directory = try TemporaryDirectory()
        let settings = BridgeSettings(
            publicURL: "http://127.0.0.1:8787", drainTimeout: .milliseconds(50),
            filesDirectory: directory.path + "/files")
        let first = try await BridgeHarness(
            directory: directory, traits: Self.traits(), worker: ScriptedWorker([.hold]), settings: settings)
        first.adapter.setFile("F1", to: Array("hello\n".utf8))
        _ = try await first.bridge.submit(first.adapter.event("1", from: "gina", thread: "alice"))
        try await first.adapter.say("2", attachments: [Self.notes])
        try await first.settleInbox()
        #expect(first.adapter.fetched.isEmpty)
        // Its turn begins when the host starts.
        let adapter = FakeAdapter(traits: Self.traits())
        adapter.setFile("F1", to: Array("hello\n".utf8))
        let second = try await BridgeHarness(directory: directory, adapter: adapter, settings: settings)
        await second.adapter.waitForPosts { $0.contains { $0.text.hasPrefix("You said: 2") } }
        expectEqual(second.worker.requests.last?.text.contains("hello"), true)
    }

    private static func files(in folder: String) throws -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    private static func mode(of path: String) -> UInt32 {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }
}
