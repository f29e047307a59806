internal import EventLoop

/// A change of one file in a new commit.
enum HubFileChange: Sendable, Hashable {
    case write(path: String, bytes: [UInt8])
    case delete(path: String)

    var path: String {
        switch self {
        case .write(let path, _), .delete(let path): path
        }
    }
}

/// What a new commit says.
struct GitHubCommitText: Sendable {
    var message: String
    var author: HubCommit.Person
    var committer: HubCommit.Person
}

extension GitHubGit {
    /// Makes a commit on `parent` that no reference points to, by one `git fast-import`.
    func makeCommit(
        _ changes: [HubFileChange], on parent: String?, _ text: GitHubCommitText
    ) async throws -> String {
        let name = "refs/standin/\(self.nextNumber())"
        var input: [UInt8] = []
        func line(_ text: String) { input += Array("\(text)\n".utf8) }
        func data(_ bytes: [UInt8]) {
            line("data \(bytes.count)")
            input += bytes
            line("")
        }
        line("feature done")
        line("commit \(name)")
        line("mark :1")
        line("author \(text.author.line)")
        line("committer \(text.committer.line)")
        data(Array(text.message.utf8))
        if let parent { line("from \(parent)") }
        for change in changes {
            switch change {
            case .delete(let path): line("D \(Self.quoted(path))")
            case .write(let path, let bytes):
                line("M 100644 inline \(Self.quoted(path))")
                data(bytes)
            }
        }
        line("")
        line("get-mark :1")
        line("done")
        let output = try await self.run(["fast-import", "--quiet", "--date-format=raw"], input: input)
        let id = String(decoding: output, as: UTF8.self).trimmed
        try await self.run(["update-ref", "-d", name])
        return id
    }

    /// Writes a tree from entries on a base; the base tree's other entries stay.
    func makeTree(base: String?, entries: [(mode: String, id: String?, path: String)]) async throws -> String {
        var input: [UInt8] = []
        for entry in entries {
            let (mode, id) = entry.id.map { (entry.mode, $0) } ?? ("0", Self.zero)
            input += Array("\(mode) \(id)\t\(entry.path)".utf8) + [0]
        }
        let index = "\(self.path)/standin-index-\(self.nextNumber())"
        let script = """
            \(base.map { "git read-tree \($0)" } ?? "git read-tree --empty")
            git update-index --replace -z --index-info
            git write-tree --missing-ok
            rm -f "$GIT_INDEX_FILE"
            """
        return try await self.shell(script, input: input, environment: ["GIT_INDEX_FILE": index])
    }

    /// Makes a commit of a tree.
    func makeCommit(tree: String, parents: [String], _ text: GitHubCommitText) async throws -> String {
        var object = "tree \(tree)\n"
        for parent in parents { object += "parent \(parent)\n" }
        object += "author \(text.author.line)\ncommitter \(text.committer.line)\n\n\(text.message)"
        if !object.hasSuffix("\n") { object += "\n" }
        return try await self.write(Array(object.utf8), type: "commit")
    }

    private static func quoted(_ path: String) -> String {
        var text = "\""
        for letter in path {
            switch letter {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            default: text.append(letter)
            }
        }
        return text + "\""
    }
}

extension HubCommit.Person {
    /// GitHub itself, as the committer of what it commits for somebody.
    static func gitHub(at time: Int64) -> Self { Self(name: "GitHub", email: "noreply@github.com", time: time) }

    fileprivate var line: String { "\(Self.clean(self.name)) <\(Self.clean(self.email))> \(self.time) +0000" }

    private static func clean(_ text: String) -> String {
        text.filter { !"<>\n".contains($0) }
    }
}
