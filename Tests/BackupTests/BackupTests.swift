import Backup
import Compression
import Crypto
import Database
import Glibc
import JSON
import Lifecycle
import Primitives
import TestSupport
import Testing

@testable import Backup

@Suite("backups", .timeLimit(.minutes(2)))
struct BackupTests {
    @Test("everything comes back, without what is made anew")
    func everything() async throws {
        let data = try await DataFolder()
        let manifest = try await data.create()
        #expect(manifest.schema == 1 && !manifest.hasSecrets && manifest.repositories.keys.sorted() == ["elsewhere"])
        expectEqual(
            manifest.skipped.sorted(),
            [
                "data/files/link (a link, which is not followed)", "data/workspaces/s_1/files/holes (a file of holes)",
            ])
        try expectEqual(data.shell.shell("stat -c %a backup.tar.gz"), "600")
        try await expectEqual(Backup().verify("\(data.top)/backup.tar.gz"), manifest)
        try await expectEqual(data.restore(), manifest)
        let same = try data.shell.shell(
            """
            diff -r data/files/s_1 restored/files/s_1 && diff -r data/workspaces/s_1/files/long restored/workspaces/s_1/files/long \
            && cmp data/chat.history restored/chat.history && diff -r elsewhere.git restored/restored-repositories/elsewhere \
            && diff -r data/notes restored/notes && readlink restored/workspaces/s_1/files/link \
            && stat -c %a restored restored/jetbridge.sqlite restored/files/s_1/note.txt restored/workspaces/s_1/files/long \
            && cat restored/workspaces/s_1/host/store/objects/info/alternates && ls -A restored | sort \
            && git -C restored/notes fsck --strict && git -C restored/notes log --format=%s -1 main
            """)
        expectEqual(
            same,
            """
            /etc/passwd
            700
            600
            755
            500
            \(data.top)/restored/mirrors/a.git/objects
            archives
            audit.restored
            chat.history
            files
            jetbridge.sqlite
            mirrors
            notes
            restored-repositories
            workspaces
            One
            """)
        // A mirror that nothing needs is fetched again.
        try expectEqual(data.shell.shell("ls restored/mirrors"), "a.git")
        let database = try Database(path: "\(data.top)/restored/jetbridge.sqlite", migrations: DataFolder.migrations)
        try await expectEqual(
            database.read { try $0.query("SELECT text FROM notes", []).map { try $0.text("text") } },
            [
                "kept"
            ])
        await database.close()
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("a person opens it with tar, and finds every file by its digest")
    func plain() async throws {
        let data = try await DataFolder()
        try await data.create()
        let listed = try data.shell.shell(
            """
            mkdir open && cd open && tar -xzf ../backup.tar.gz && head -1 README.txt && python3 - <<'END'
            import json, hashlib
            manifest = json.load(open("MANIFEST.json"))
            wrong = [f for f in manifest["files"] if hashlib.sha256(open(f["path"], "rb").read()).hexdigest() != f["sha256"]]
            print(manifest["format"], manifest["version"], len(wrong), len(manifest["files"]) > 10)
            END
            chmod -R u+w .
            """)
        #expect(listed.hasPrefix("A backup of Jetbridge"))
        #expect(listed.hasSuffix("jetbridge-backup 1 0 True"))
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("secrets are in it only encrypted, and only if asked for")
    func secrets() async throws {
        let data = try await DataFolder()
        try await data.database.write {
            try $0.execute("INSERT INTO credentials (kind) VALUES ('cookie'), ('token')", [])
        }
        try await data.create("plain.tar.gz")
        #expect(try await data.create("secret.tar.gz", passphrase: "correct horse").hasSecrets)
        for name in ["plain", "secret"] {
            let content = try data.shell.shell("gunzip -c \(name).tar.gz | strings")
            for (_, text) in data.secrets { #expect(!content.contains(text), "\(name)") }
            #expect(!content.contains("key of a room"))
        }
        let wrong = await data.failure { try await data.restore("secret.tar.gz", passphrase: "battery staple") }
        #expect(wrong.contains("the passphrase is not the one that the secrets of"), "\(wrong)")
        #expect(access("\(data.top)/restored/jetbridge.sqlite", F_OK) != 0)
        try await data.restore("secret.tar.gz", passphrase: "correct horse")
        for (name, text) in data.secrets {
            expectEqual(String(decoding: data.bytes("restored/\(name)"), as: UTF8.self), text)
        }
        expectEqual(access("\(data.top)/restored/matrix-a.keys.restored", F_OK), 0)
        let keys = try Database(path: "\(data.top)/restored/matrix-a.keys", migrations: DataFolder.migrations)
        try await expectEqual(keys.read { try $0.first("SELECT text FROM notes", [])?.text("text") }, "key of a room")
        await keys.close()
        // The audit continues with the key that it had.
        #expect(access("\(data.top)/restored/audit.restored", F_OK) != 0)
        try await data.restore("secret.tar.gz", into: "without")
        for (folder, kinds) in [("restored", ["cookie", "token"]), ("without", ["token"])] {
            let store = try Database(path: "\(data.top)/\(folder)/jetbridge.sqlite", migrations: DataFolder.migrations)
            let found = try await store.read { try $0.query("SELECT kind FROM credentials ORDER BY kind", []) }
            try expectEqual(found.map { try $0.text("kind") }, kinds, "\(folder)")
            await store.close()
        }
        #expect(access("\(data.top)/without/audit.key", F_OK) != 0)
        expectEqual(access("\(data.top)/without/audit.restored", F_OK), 0)
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("codes that let people in are in no backup, and those of an older backup are worth nothing")
    func codes() async throws {
        let data = try await DataFolder()
        try await data.database.write {
            try $0.execute("INSERT INTO codes VALUES ('hash of a code')", [])
            try $0.execute("INSERT INTO link_codes VALUES ('hash of a link')", [])
            // A backup in which one is left, as earlier releases made them.
            try $0.execute(
                """
                CREATE TRIGGER left_over AFTER DELETE ON link_codes BEGIN INSERT INTO codes VALUES ('left over'); END
                """, [])
        }
        try await data.create("plain.tar.gz")
        let content = try data.shell.shell("gunzip -c plain.tar.gz | strings")
        #expect(!content.contains("hash of a") && content.contains("left over"))
        try await data.create("secret.tar.gz", passphrase: "correct horse")
        try await data.restore("plain.tar.gz", into: "one")
        try await data.restore("secret.tar.gz", into: "other", passphrase: "correct horse")
        for folder in ["one", "other"] {
            let store = try Database(path: "\(data.top)/\(folder)/jetbridge.sqlite", migrations: DataFolder.migrations)
            let found = try await store.read { try $0.query("SELECT hash FROM codes", []) }
            expectEqual(found.count, 0, "\(folder)")
            await store.close()
        }
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    /// What `backup.tar.gz` contains, and where its members begin.
    private func opened(_ data: DataFolder) throws -> (tar: [UInt8], starts: [Int]) {
        var tar: [UInt8] = []
        var gunzip = Gunzip()
        try gunzip.decompress(data.bytes("backup.tar.gz")) { tar += $0 }
        var (starts, reader) = ([Int](), TarReader())
        for (index, start) in stride(from: 0, to: tar.count, by: 512).enumerated() {
            try reader.take(Array(tar[start..<(start + 512)])) { if case .begins = $0 { starts.append(index * 512) } }
        }
        return (tar, starts)
    }

    private func write(_ tar: [UInt8], _ name: String, in data: DataFolder) throws {
        var gzip = Gzip(isFast: true)
        var bytes: [UInt8] = []
        try gzip.compress(tar) { bytes += $0 }
        try gzip.finish { bytes += $0 }
        try PrivateFile.write(bytes, to: "\(data.top)/\(name)", isFlushed: false)
    }

    @Test("one that was cut off anywhere is refused, and nothing is restored")
    func truncated() async throws {
        let data = try await DataFolder()
        try await data.create()
        let (tar, starts) = try self.opened(data)
        #expect(starts.count > 30)
        for start in starts + [tar.count - 1_024] {
            try self.write(Array(tar[..<start]), "cut.tar.gz", in: data)
            let message = await data.failure { try await data.restore("cut.tar.gz") }
            #expect(
                message.contains(start == 0 ? "is not a file that" : "it ends before its manifest"),
                "\(start): \(message)")
        }
        let whole = data.bytes("backup.tar.gz")
        for count in [0, 1, 9, 10, 11, whole.count / 2, whole.count - 9, whole.count - 1] {
            try PrivateFile.write(Array(whole[..<count]), to: "\(data.top)/cut.tar.gz", isFlushed: false)
            #expect(await !data.failure { try await data.restore("cut.tar.gz") }.isEmpty, "\(count)")
        }
        #expect(access("\(data.top)/restored", F_OK) != 0)
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("one changed byte is noticed wherever it is, unless it changes nothing that is in the backup")
    func flipped() async throws {
        let data = try await DataFolder()
        try data.shell.shell("rm -rf data/mirrors elsewhere.git/hooks data/notes/hooks")
        try await data.create(passphrase: nil)
        try data.shell.shell("gunzip -c backup.tar.gz > backup.tar")
        let whole = data.bytes("backup.tar.gz")
        let positions =
            Array(0..<64) + stride(from: 64, to: whole.count, by: max(1, whole.count / 300)) + [whole.count - 1]
        for position in positions {
            var bytes = whole
            bytes[position] ^= 1 << UInt8(position % 8)
            try PrivateFile.write(bytes, to: "\(data.top)/flipped.tar.gz", isFlushed: false)
            guard await data.failure({ try await Backup().verify("\(data.top)/flipped.tar.gz") }).isEmpty else {
                continue
            }
            // Another way to compress the same: what is in it is unaltered.
            try expectEqual(data.shell.shell("gunzip -c flipped.tar.gz | cmp - backup.tar"), "")
        }
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("a manifest that is far longer than what it would list is damage")
    func longManifest() async throws {
        let data = try await DataFolder()
        let (size, readMe) = (8 << 20, Array("README.txt".utf8))
        let tar =
            Tar.header(.file, path: readMe, mode: 0o600, size: 0, modified: 0)
            + Tar.header(.file, path: Array("MANIFEST.json".utf8), mode: 0o600, size: size, modified: 0)
            + [UInt8](repeating: UInt8(ascii: " "), count: size) + Tar.end
        try self.write(tar, "hostile.tar.gz", in: data)
        let message = await data.failure { try await Backup().verify("\(data.top)/hostile.tar.gz") }
        #expect(message.contains("its manifest is not one"), "\(message)")
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("a header or extended header whose numbers are absurd is damage")
    func absurdNumbers() async throws {
        let data = try await DataFolder()
        let start = Tar.header(.file, path: Array("README.txt".utf8), mode: 0o600, size: 0, modified: 0)
        func expectDamage(_ members: [UInt8], _ what: String) async throws {
            try self.write(start + members + Tar.end, "hostile.tar.gz", in: data)
            let message = await data.failure { try await Backup().verify("\(data.top)/hostile.tar.gz") }
            #expect(message.contains("is damaged") && !message.contains("\n"), "\(what): \(message)")
        }
        for (kind, place, number) in [
            (.extended, 124, "-0000000010"), (.extended, 124, "-7777777777"), (.extended, 124, "+0000000010"),
            (.extended, 124, "77777777777"), (.file, 124, "-0000000010"), (.file, 124, "-7777777777"),
            (.file, 124, "+0000000001"), (.file, 100, "-000777"), (.file, 136, "-7777777777"),
            (.file, 136, "\u{80}\u{80}"), (.file, 124, " "), (.file, 124, "8"),
        ] as [(Tar.Kind, Int, String)] {
            let block = Self.block(kind, setting: number, at: place)
            try await expectDamage(block + [UInt8](repeating: 0x78, count: 512), "\(kind) \(place) \(number)")
        }
        for number in ExtremeNumbers.all + [1 << 53] {
            for key in ["size", "mtime"] {
                let rest = " \(key)=\(number)\n"
                let record = "\(rest.utf8.count + 2)\(rest)"
                let size = record.utf8.count
                let extended = Tar.header(.extended, path: Array("x".utf8), mode: 0o600, size: size, modified: 0)
                let file = Tar.header(.file, path: Array("data/x".utf8), mode: 0o600, size: 0, modified: 0)
                let bytes = extended + Array(record.utf8) + Tar.padding(size) + file
                try await expectDamage(bytes, record)
                guard key == "mtime" else { continue }
                var reader = TarReader()
                try reader.take(bytes) { event in
                    guard case .begins(let member) = event else { return }
                    #expect(!member.modified.multipliedReportingOverflow(by: 1_000_000_000).overflow)
                }
            }
        }
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    /// A header with a field as given and the right checksum.
    private static func block(_ kind: Tar.Kind, setting field: String, at place: Int) -> [UInt8] {
        var block = Tar.header(kind, path: Array("data/x".utf8), mode: 0o600, size: 8, modified: 0)
        for (index, byte) in field.utf8.enumerated() { block[place + index] = byte }
        for index in 148..<156 { block[index] = 0x20 }
        let sum = String(block.reduce(0) { $0 + Int($1) }, radix: 8)
        let padded = String(repeating: "0", count: 6 - sum.utf8.count) + sum + "\0"
        for (index, byte) in padded.utf8.enumerated() { block[148 + index] = byte }
        return block
    }

    /// A file whose digests are right, with members of somebody's making.
    private func hostile(
        _ members: [(Tar.Kind, String, String)], schema: Int = 1, version: Int = 1, in data: DataFolder
    ) throws {
        var (tar, files) = ([UInt8](), [JSON]())
        func add(_ path: String, _ text: String) {
            tar += Tar.header(.file, path: Array(path.utf8), mode: 0o600, size: text.utf8.count, modified: 0)
            tar += Array(text.utf8) + Tar.padding(text.utf8.count)
        }
        for (kind, path, text) in [(.file, "README.txt", "x")] + members {
            if kind == .file {
                add(path, text)
                files.append([
                    "path": .string(path), "size": JSON(text.utf8.count), "sha256": .string(hex(sha256(text))),
                ])
            } else {
                tar += Tar.header(kind, path: Array(path.utf8), target: Array(text.utf8), mode: 0o777, modified: 0)
            }
        }
        let manifest: JSON = [
            "format": "jetbridge-backup", "version": JSON(version), "created": "2026-01-01T00:00:00Z",
            "release": "9.9.9",
            "schema": JSON(schema), "store": "x", "has_store": false, "data_directory": "/x", "has_secrets": false,
            "files": .array(files),
        ]
        add("MANIFEST.json", manifest.text)
        try self.write(tar + Tar.end, "hostile.tar.gz", in: data)
    }

    @Test(
        "paths and links lead nowhere else",
        arguments: [
            [(Tar.Kind.file, "../escaped", "x")], [(.file, "/tmp/escaped", "x")], [(.file, "data/../../escaped", "x")],
            [(.file, "data/./a", "x")], [(.file, "data//a", "x")], [(.file, "other/a", "x")], [(.file, "data", "x")],
            [(.link, "data/jetbridge.sqlite", "/etc/passwd")], [(.link, "data/files", "/etc")],
            [(.link, "data/workspaces/a", "OUTSIDE"), (.file, "data/workspaces/a/escaped", "x")],
            [(.link, "data/workspaces/a", "OUTSIDE/escaped"), (.file, "data/workspaces/a", "x")],
            [(.folder, "data/workspaces", ""), (.file, "data/a", "x"), (.file, "data/a", "y")],
        ])
    func hostile(_ members: [(Tar.Kind, String, String)]) async throws {
        let data = try await DataFolder()
        mkdir("\(data.top)/outside", 0o700)
        let own = members.map { ($0.0, $0.1, $0.2.replacing("OUTSIDE", with: "\(data.top)/outside")) }
        try self.hostile(own, in: data)
        #expect(await !data.failure { try await data.restore("hostile.tar.gz") }.isEmpty)
        try expectEqual(
            data.shell.shell(
                "ls -A outside restored 2>/dev/null || true; ls; find / -maxdepth 2 -name escaped 2>/dev/null; true"
            )
            .contains("escaped"), false)
        try expectEqual(data.shell.shell("ls -A restored 2>/dev/null || true"), "")
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("a description of the encryption that is too long is not read as a whole")
    func longEncryption() async throws {
        let data = try await DataFolder()
        let text = String(repeating: " ", count: 64 << 10) + "{}"
        try self.hostile([(.file, "ENCRYPTION.json", text)], in: data)
        let message = await data.failure { try await data.restore("hostile.tar.gz", passphrase: "x") }
        #expect(message.contains("is damaged: ENCRYPTION.json is too long"), "\(message)")
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("other files, and those of newer releases, are refused with one line")
    func foreign() async throws {
        let data = try await DataFolder()
        try data.shell.shell(
            "tar -czf other.tar.gz files work 2>/dev/null; echo text > text; : > empty; tar -cf plain.tar work")
        for name in ["other.tar.gz", "text", "empty", "plain.tar"] {
            let message = await data.failure { try await data.restore(name) }
            #expect(message.contains("is not a file that 'jetbridge backup create' made"), "\(name): \(message)")
        }
        #expect(await data.failure { try await data.restore("missing") }.contains("cannot be read"))
        #expect(await data.failure { try await data.restore("work") }.contains("cannot be read"))
        try self.hostile([], version: 2, in: data)
        #expect(await data.failure { try await data.restore("hostile.tar.gz") }.contains("newer release (9.9.9)"))
        try self.hostile([], schema: 2, in: data)
        let newer = await data.failure { try await data.restore("hostile.tar.gz") }
        #expect(
            newer.contains("newer release (9.9.9, schema 2; this one knows 1)") && !newer.contains("\n"), "\(newer)")
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("beside a database of PostgreSQL, a backup has no store but the number of its schema")
    func besideServer() async throws {
        struct Silent: Error, CustomStringConvertible { let description = "no answer" }
        let data = try await DataFolder()
        func create(_ name: String, _ schema: @escaping @Sendable () throws -> Int) async throws -> BackupManifest {
            let source = BackupSource(
                directory: data.path, store: nil, storeName: "postgres://db/jetbridge", repositories: [], remarks: [],
                release: "1.2.3", schema: schema)
            return try await Backup().create("\(data.top)/\(name)", of: source, passphrase: nil, at: DataFolder.at)
        }
        let manifest = try await create("backup.tar.gz") { 7 }
        #expect(manifest.schema == 7 && !manifest.hasStore && manifest.store == "postgres://db/jetbridge")
        #expect(
            await data.failure { try await data.restore(schema: 6) }
                .contains("newer release (1.2.3, schema 7; this one knows 6)"))
        try await expectEqual(data.restore(schema: 7), manifest)
        #expect(access("\(data.top)/restored/jetbridge.sqlite", F_OK) != 0)
        let silent = try await create("silent.tar.gz") { throw Silent() }
        expectEqual(silent.schema, 0)
        #expect(silent.skipped.contains("the number of the schema of postgres://db/jetbridge (no answer)"))
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("nothing that exists is overwritten")
    func existing() async throws {
        let data = try await DataFolder()
        data.directory?.write("backup.tar.gz", "mine")
        #expect(await data.failure { try await data.create() }.contains("exists, and nothing is overwritten"))
        expectEqual(data.bytes("backup.tar.gz"), Array("mine".utf8))
        try await data.create("good.tar.gz")
        #expect(await data.failure { try await data.restore("good.tar.gz", into: "data") }.contains("is not empty"))
        #expect(
            await data.failure { try await data.restore("good.tar.gz", into: "backup.tar.gz") }.contains(
                "cannot be used"))
        mkdir("\(data.top)/empty", 0o700)
        try await data.restore("good.tar.gz", into: "empty")
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("a clock before the audit's last row is reported")
    func clock() async throws {
        let data = try await DataFolder()
        try await data.database.write {
            for sql in [
                "CREATE TABLE commits (repository TEXT)", "CREATE TABLE sessions (files INTEGER, workspace INTEGER)",
                "CREATE TABLE audit (number INTEGER, at INTEGER)", "INSERT INTO audit VALUES (1, 5), (2, 1000000)",
            ] { try $0.execute(sql) }
        }
        func lines(at now: Int64) async throws -> [String] {
            try await MissingData.lines(in: data.source, objectsAreShared: false, data.database, now: now)
        }
        #expect(try await lines(at: 940_000).isEmpty)
        try await expectEqual(
            lines(at: 939_999).first?.contains("is before the audit's last row (1970-01-01T00:16:40Z)"), true)
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("a full disk leaves neither a file nor half a directory")
    func full() async throws {
        let data = try await DataFolder()
        try data.shell.shell("head -c 6000000 /dev/urandom > data/files/large")
        let disk = try await SmallDisk(megabytes: 4)
        let failed = await data.failure {
            try await Backup().create("\(disk.path)/b.tar.gz", of: data.source, passphrase: nil, at: DataFolder.at)
        }
        #expect(failed.contains("cannot be written: No space left on device; free some space"), "\(failed)")
        try await data.create()
        let restored = await data.failure {
            try await Backup().restore(
                "\(data.top)/backup.tar.gz", into: "\(disk.path)/data", passphrase: nil, schema: 1)
        }
        #expect(restored.contains("No space left on device; free some space"), "\(restored)")
        try expectEqual(data.shell.shell("find \(disk.path) -mindepth 1"), "\(disk.path)/data")
        await disk.remove()
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("each commit that a reference names is in a backup made between commits")
    func commits() async throws {
        let data = try await DataFolder()
        let writer = try data.shell.shell(
            """
            cd work && (for i in $(seq 400); do echo $i > a; git commit -qam $i; git push -q origin HEAD:main HEAD:b$i; \
            [ $((i % 40)) = 0 ] && git -C ../data/notes repack -adq && git -C ../data/notes pack-refs --all; done) \
            >/dev/null 2>&1 & echo $!
            """)
        for number in 1...4 {
            try await data.create("\(number).tar.gz")
            try await data.restore("\(number).tar.gz", into: "restored-\(number)")
            try data.shell.shell(
                "git -C restored-\(number)/notes fsck --strict && git -C restored-\(number)/notes log -1 main")
        }
        try data.shell.shell("kill \(writer); while kill -0 \(writer) 2>/dev/null; do sleep 0.05; done; true")
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }

    @Test("a store that is written meanwhile is copied as it was at one moment")
    func writes() async throws {
        let data = try await DataFolder()
        try await data.database.write { connection in
            for _ in 0..<2_000 {
                try connection.execute("INSERT INTO notes VALUES ('\(String(repeating: "x", count: 2_000))')")
            }
        }
        async let rows: Void = {
            for _ in 0..<200 {
                try await data.database.write { connection in
                    try connection.execute("INSERT INTO notes VALUES ('left')")
                    try connection.execute("INSERT INTO notes VALUES ('right')")
                }
            }
        }()
        try await data.create()
        try await rows
        try await data.restore()
        let database = try Database(path: "\(data.top)/restored/jetbridge.sqlite", migrations: DataFolder.migrations)
        let sides = try await database.read { connection in
            try ["left", "right"].map { side in
                try connection.first("SELECT COUNT(*) AS n FROM notes WHERE text = '\(side)'", [])?.int("n") ?? -1
            }
        }
        expectEqual(sides[0], sides[1])
        await database.close()
        await data.database.close()
        try data.shell.shell("chmod -R u+w .")
    }
}
