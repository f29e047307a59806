import TestSupport

@testable import Git

/// Commits that are small in a repository and enormous as files.
struct HostileTrees {
    /// 206 bytes of a pack, with its index: two files of zeros, of 16,711,680 and 1,069,547,520 bytes.
    private static let pack =
        "UEFDSwAAAAIAAAADsPAfeNrtwQENAAAAwqD3T+3sARQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAA3/wAAAfcgzlKNsrJgcNMP4DQJRQZSAfr3BX942mv4x9zQ8Id9wf9ROJIhANHDopT5CB6sVLy2Qe0f/cIdowFq"
        + "RP98dkaBeNpraPjD3tDQ8I/5wP+BhQB72HRFts1Te2aKgrhGHkuK7tAnqwayCaE="
    private static let index =
        "H4sIAAAAAAACA/tf4p/MwMDAxEBdwEgCZhrFo3gIY+bhgIVPcCnFKPnMfsorfiY3cJbH7huTj8itCdmzzfGt/N9DsosZs1z+15S5NZ4L6t20"
        + "KaHgMv8DE05XtiDGX99Z6yOFBAvlF1722xgW9gtoVj8QpwAxz7azwdVpXU073OS8u95dUF/NtolzIR/T/ds/dK63Fxn9+zAtQr94gfID"
        + "FwD7d/y2hAQAAA=="
    static let gigabyte = "13c80a225c224c9be50d17cc6d519a48bbd893c4"

    let fixture: Fixture

    /// A bare repository with a first commit on `main`, which has a file and a folder.
    init() async throws {
        self.fixture = try await Fixture.initialised(bare: true)
        try await self.fixture.commit("README.md", "hello\n")
        try await self.fixture.commit("docs/a.md", "a\n")
    }

    func id(_ revision: String = "main") async throws -> GitObjectID {
        try await self.fixture.repository.resolve(revision)
    }

    /// Ten folders in each of ten levels, with two files at the end: 2 × 10^10 files in 13 objects.
    @discardableResult
    func bomb(levels: Int = 10, branches: Int = 10, beside: String = "") async throws -> GitObjectID {
        let names = (0..<branches).map(String.init).joined(separator: " ")
        let tree = try self.fixture.git.shell(
            """
            b=$(echo x | git hash-object -w --stdin)
            t=$(printf '100644 blob %s\\tf0\\n100644 blob %s\\tf1\\n' $b $b | git mktree)
            for l in \((1...levels).map(String.init).joined(separator: " ")); do
            t=$(for i in \(names); do printf '040000 tree %s\\td%s\\n' $t $i; done | git mktree); done; echo $t
            """)
        return try await self.commit(tree: "040000 tree \(tree)\tbomb\n\(beside)")
    }

    /// Folders inside each other, and a file in the last one.
    @discardableResult
    func nested(_ levels: Int) async throws -> GitObjectID {
        let store = try GitObjects(path: self.fixture.directory.path)
        var item = TreeItem(kind: .file, name: [UInt8(ascii: "f")], key: try store.write([120], .blob))
        for _ in 0..<levels {
            let key = try store.write(TreeItem.serialised([item]), .tree)
            item = TreeItem(kind: .folder, name: [UInt8(ascii: "a")], key: key)
        }
        return try await self.commit(tree: "040000 tree \(item.key.id.hex)\ta\n")
    }

    /// A file of a gigabyte, which takes about a hundred bytes.
    @discardableResult
    func large(name: String = "large.md") async throws -> GitObjectID {
        try self.fixture.git.shell(
            """
            echo \(Self.pack) | base64 -d > objects/pack/pack-1.pack
            echo \(Self.index) | base64 -d | gunzip > objects/pack/pack-1.idx
            """)
        return try await self.commit(tree: "100644 blob \(Self.gigabyte)\t\(name)\n")
    }

    /// Adds entries to those of `main`, by a commit on it.
    func commit(tree entries: String) async throws -> GitObjectID {
        try self.fixture.git.shell(
            """
            t=$( (git ls-tree main; printf '\(entries)') | git mktree)
            git update-ref refs/heads/main $(git commit-tree $t -p main -m hostile)
            """)
        return try await self.id()
    }

    /// Bytes of memory that this process has more of after `body` than before.
    static func growth(_ body: () async throws -> Void) async rethrows -> Int {
        let before = Self.resident
        try await body()
        return Self.resident - before
    }

    private static var resident: Int {
        Int(Survivors.text("/proc/self/statm").split(separator: " ")[1]).map { $0 * 4_096 } ?? 0
    }

    /// The message of the error that `body` throws.
    static func refusal(_ body: () async throws -> Void) async -> String {
        do { try await body() } catch { return "\(error)" }
        return "none"
    }
}
