@testable import Gateway

/// One repository, `notes`, full of hostile content.
struct FakeViewer: ViewerSource {
    static let sha = "4f9c2b7d1e0a88d3c1b24f9c2b7d1e0a88d3c1b2"
    static let hostile = "<script>alert(1)</script>\" onload='alert(2)' & \u{202E}evil"

    func commit(_ repository: String, _ ref: String) async throws -> ViewerCommit? {
        if ref == "huge" { throw ViewerRefusal("too large to show: the commit is huge", isTooLarge: true) }
        guard repository == "notes", Self.sha.hasPrefix(ref) else { return nil }
        let person = ViewerCommit.Person(name: Self.hostile, email: Self.hostile, seconds: 1_772_370_300, offset: 60)
        let bot = ViewerCommit.Person(name: "Jetbridge", email: "bot@example.org", seconds: 1_772_370_301, offset: 60)
        return ViewerCommit(
            repository: repository, sha: Self.sha, parents: ["0123456789abcdef"], author: person, committer: bot,
            message: "\(Self.hostile)\n\n\(Self.hostile)\nsecond line\nJetbridge-Task: T1\(Self.hostile)",
            files: [Self.change, Self.renamed, Self.binary, Self.large],
            total: .init(files: 5, additions: 9001, deletions: 1))
    }

    func commits(_ repository: String, _ ref: String, from sha: String?) async throws -> ViewerLog? {
        guard repository == "notes", ref != "missing" else { return nil }
        let commit = ViewerLog.Commit(
            sha: Self.sha, subject: Self.hostile, author: Self.hostile, seconds: 1_772_370_300, offset: 60)
        return ViewerLog(repository: repository, ref: ref, commits: [commit], next: sha == nil ? Self.sha : nil)
    }

    static let change = ViewerFileChange(
        kind: .modified, oldPath: hostile, newPath: hostile, additions: 1, deletions: 1, isBinary: false,
        hunks: [
            .init(
                header: "@@ -10,2 +10,2 @@ \(hostile)",
                lines: [
                    .init(kind: .context, oldNumber: 10, newNumber: 10, text: Array("kept\r\n".utf8)),
                    .init(kind: .removed, oldNumber: 11, newNumber: nil, text: Array(hostile.utf8)),
                    .init(kind: .added, oldNumber: nil, newNumber: 11, text: [0xFF, 0x00, 0x1B] + Array(hostile.utf8)),
                ])
        ])
    static let renamed = ViewerFileChange(
        kind: .renamed, oldPath: "old name.md", newPath: "new name.md", additions: 0, deletions: 0, isBinary: false,
        hunks: [])
    static let binary = ViewerFileChange(
        kind: .added, oldPath: "", newPath: "logo.png", additions: 0, deletions: 0, isBinary: true, hunks: [])
    static let large = ViewerFileChange(
        kind: .added, oldPath: "", newPath: "large.txt", additions: 9000, deletions: 0, isBinary: false,
        hunks: [
            .init(
                header: "@@ -0,0 +1,9000 @@",
                lines: (1...9000).map { (number: Int) in
                    .init(kind: .added, oldNumber: nil, newNumber: number, text: Array("line \(number)".utf8))
                })
        ])

    func blob(_ repository: String, _ ref: String, _ path: String, limit: Int) async throws -> ViewerBlob? {
        let bytes: [UInt8]? =
            switch path {
            case "readme.md":
                Array("# Title\n\n\(Self.hostile)\n\n[x](javascript:alert(3)) [y](https://example.org)".utf8)
            case "docs/a b.md": Array("# A\n".utf8)
            case "folder/evil.html": Array("<script>alert(1)</script>\nsecond\n".utf8)
            case "logo.png": [0x89, 0x50, 0, 1]
            case "huge.txt": Array(repeating: UInt8(ascii: "a"), count: ViewerPages.blobLimit + 1)
            // As a repository does, by its size.
            case "long.bin" where limit < 9 << 20: throw ViewerRefusal("long.bin is too large", isTooLarge: true)
            case "long.bin": Array(repeating: 1, count: 9 << 20)
            case "empty": []
            case "refused": throw ViewerRefusal("The file is larger than 64 MB: clone the repository.")
            default: nil
            }
        guard repository == "notes", ref == "main" || ref == "feature/x", let bytes else { return nil }
        return ViewerBlob(repository: repository, ref: ref, path: path, bytes: bytes)
    }

    func tree(_ repository: String, _ ref: String, _ path: String) async throws -> ViewerTree? {
        guard repository == "notes", path == "" || path == "folder" else { return nil }
        return ViewerTree(
            repository: repository, ref: ref, path: path,
            entries: [
                .init(name: "readme.md", kind: .file, size: 120), .init(name: Self.hostile, kind: .file, size: 1),
                .init(name: "folder", kind: .folder, size: nil), .init(name: "vendor", kind: .submodule, size: nil),
            ])
    }
}
