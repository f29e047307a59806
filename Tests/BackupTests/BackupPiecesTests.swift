import Backup
import Compression
import Crypto
import Database
import Glibc
import Objects
import Primitives
import TestSupport
import Testing

@testable import Backup

@Suite("backups in pieces", .timeLimit(.minutes(1)))
struct BackupPiecesTests {
    @Test("what is inserted changes only the pieces around it")
    func cuts() {
        // The same ones each time: where the content decides, a cut that both have can be some pieces away.
        var numbers = SeededGenerator(state: 1)
        let bytes = (0..<2 << 20).map { _ in numbers.next() }.withUnsafeBytes { Array($0) }
        func pieces(_ bytes: [UInt8]) -> [[UInt8]] {
            var cutter = PieceCutter()
            let pieces = stride(from: 0, to: bytes.count, by: 300_000).flatMap { start in
                cutter.take(Array(bytes[start..<min(start + 300_000, bytes.count)]))
            }
            return pieces + [cutter.rest]
        }
        let (before, after) = (pieces(bytes), pieces([1, 2, 3] + bytes))
        expectEqual(Array(before.joined()), bytes)
        #expect(before.dropLast().allSatisfy { PieceCutter.sizes.contains($0.count) } && before.count > 4)
        #expect(Set(after).subtracting(before).count <= 2)
    }

    @Test("the next one adds what has changed; each comes back; pieces that none needs are deleted")
    func incremental() async throws {
        let data = try await DataFolder()
        data.directory?.write("data/files/s_1/large", "")
        try data.shell.shell("head -c 11000000 /dev/urandom > data/files/s_1/large")
        let shelf = BackupShelf(.directory("\(data.top)/kept"), keep: 2, incrementalBy: "\(data.path)/backups")
        // Late enough for pieces to be old.
        let now = Int64(time(nil)) * 1_000 + 10 * 86_400_000
        func size() throws -> Int { Int(try data.shell.shell("du -sb kept | cut -f1")) ?? 0 }
        _ = try await shelf.add(data.source, passphrase: nil, at: now)
        let first = try size()
        try data.shell.shell("echo more > data/files/s_1/more")
        let place = try await shelf.add(data.source, passphrase: nil, at: now + 1_000)
        // Up to two pieces, and the rest.
        #expect(try first > 11_000_000 && size() - first < 2 * PieceCutter.sizes.upperBound + 1_000_000)
        let names = try await shelf.names()
        #expect(names.count == 2 && place.hasSuffix(names[1]) && names[1].hasSuffix("Z.json"))
        try expectEqual(data.shell.shell("ls -A data/backups | wc -l"), "0")
        for (name, hasMore) in zip(names, [false, true]) {
            let manifest = try await shelf.fetch(name, to: "\(data.top)/\(name).tar.gz")
            try await expectEqual(data.restore("\(name).tar.gz", into: name), manifest)
            expectEqual(access("\(data.top)/\(name)/files/s_1/more", F_OK), hasMore ? 0 : -1)
        }
        try data.shell.shell("rm data/files/s_1/large")
        for day in 1...2 { _ = try await shelf.add(data.source, passphrase: nil, at: now + Int64(day) * 86_400_000) }
        #expect(try size() < 2_000_000)
        let last = try #require(try await shelf.names().last)
        try data.shell.shell("mv kept/pieces away && mkdir kept/pieces")
        let missing = await data.failure { try await shelf.fetch(last, to: "\(data.top)/last") }
        #expect(missing.contains("/kept/pieces/") && missing.contains(".gz is missing, a piece without which"))
        #expect(missing.contains("the backup \(last) ") && missing.contains("'jetbridge backup fetch NAME FILE'"))
        try data.shell.shell("rmdir kept/pieces && mv away kept/pieces")
        try data.shell.shell("for piece in kept/pieces/*; do echo x > $piece; done")
        #expect(await data.failure { try await shelf.fetch(last, to: "\(data.top)/last") }.contains("is damaged"))
        #expect(
            await data.failure { try await shelf.fetch("other.json", to: "\(data.top)/last") }.contains("is missing"))
        #expect(access("\(data.top)/last", F_OK) != 0)
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("a piece that expands to more than a piece may have is damage")
    func longPiece() async throws {
        let directory = try TemporaryDirectory()
        let store = DirectoryObjectStore(directory.path + "/kept")
        let content = [UInt8](repeating: 0, count: PieceCutter.sizes.upperBound + 1)
        let digest = hex(sha256(content))
        try await store.put(ObjectContent(Gzip.bytes(of: content)), at: "pieces/\(digest).gz")
        let list = #"{"format":"jetbridge-backup-pieces","version":1,"pieces":["\#(digest)"]}"#
        try await store.put(ObjectContent(Array(list.utf8)), at: "longZ.json")
        let error = await #expect(throws: BackupError.self) {
            _ = try await Backup().fetch("longZ.json", from: store, to: directory.path + "/file")
        }
        expectEqual(error?.message.contains("\(digest).gz is damaged: it is longer than a piece may be"), true)
        #expect(access(directory.path + "/file", F_OK) != 0)
    }
}
