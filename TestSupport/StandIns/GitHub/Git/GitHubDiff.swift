/// The difference of two trees, as GitHub shows it.
struct GitHubDiff: Sendable {
    struct File: Sendable {
        var path: String
        var oldPath: String?
        /// `added`, `modified`, `removed` or `renamed`.
        var status: String
        /// The blob after the change; before it for a removed file.
        var blob: String
        var additions = 0
        var deletions = 0
        /// The hunks; nil for a binary file or a mere renaming.
        var patch: String?
        /// The lines that the hunks show, of the new (RIGHT) and the old (LEFT) file.
        var right: Set<Int> = []
        var left: Set<Int> = []
    }

    var files: [File] = []
    /// The whole text of `git diff`.
    var text = ""

    var additions: Int { self.files.reduce(0) { $0 + $1.additions } }
    var deletions: Int { self.files.reduce(0) { $0 + $1.deletions } }
}

extension GitHubGit {
    /// What a commit changes.
    func diff(of commit: HubCommit) async throws -> GitHubDiff {
        // Without a parent, from the tree of nothing.
        try await self.diff(commit.parents.first ?? "4b825dc642cb6eb9a060e54bf8d69288fbee4904", commit.id)
    }

    func diff(_ old: String, _ new: String) async throws -> GitHubDiff {
        let raw = try await self.run(["diff", "--raw", "-z", "-M", "--abbrev=40", old, new])
        let text = try await self.text(["-c", "core.quotePath=false", "diff", "-M", "--full-index", old, new])
        var diff = GitHubDiff(files: GitHubDiff.files(raw), text: text)
        let patches = GitHubDiff.patches(text)
        for index in diff.files.indices where index < patches.count { diff.files[index].add(patches[index]) }
        return diff
    }
}

extension GitHubDiff {
    fileprivate static func files(_ raw: [UInt8]) -> [File] {
        var words = raw.split(separator: 0, omittingEmptySubsequences: true).map {
            String(decoding: $0, as: UTF8.self)
        }[...]
        var files: [File] = []
        while let head = words.popFirst(), let path = words.popFirst() {
            let fields = head.split(separator: " ").map(String.init)
            guard fields.count == 5 else { continue }
            switch fields[4].first {
            case "A": files.append(File(path: path, status: "added", blob: fields[3]))
            case "D": files.append(File(path: path, status: "removed", blob: fields[2]))
            case "R", "C":
                guard let new = words.popFirst() else { return files }
                files.append(File(path: new, oldPath: path, status: "renamed", blob: fields[3]))
            default: files.append(File(path: path, status: "modified", blob: fields[3]))
            }
        }
        return files
    }

    /// The part of each file.
    fileprivate static func patches(_ text: String) -> [[Substring]] {
        var patches: [[Substring]] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("diff --git ") {
                patches.append([])
            } else if !patches.isEmpty {
                patches[patches.count - 1].append(line)
            }
        }
        // The end of the text is after a line feed.
        if patches.last?.last == "" { patches[patches.count - 1].removeLast() }
        return patches
    }
}

extension GitHubDiff.File {
    fileprivate mutating func add(_ lines: [Substring]) {
        guard let first = lines.firstIndex(where: { $0.hasPrefix("@@") }) else { return }
        var (old, new) = (0, 0)
        for line in lines[first...] {
            switch line.first {
            case "@":
                // @@ -OLD,COUNT +NEW,COUNT @@
                let words = line.split(separator: " ")
                old = Self.start(words[1])
                new = Self.start(words[2])
            case "+":
                self.additions += 1
                self.right.insert(new)
                new += 1
            case "-":
                self.deletions += 1
                self.left.insert(old)
                old += 1
            case " ":
                self.right.insert(new)
                self.left.insert(old)
                new += 1
                old += 1
            default: break
            }
        }
        self.patch = lines[first...].joined(separator: "\n")
    }

    private static func start(_ range: Substring) -> Int {
        range.dropFirst().split(separator: ",").first.flatMap { Int($0) } ?? 0
    }
}
