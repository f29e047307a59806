import JSON
import TestSupport

/// A small repository with a failing test, and the calls by which a model repairs it.
struct RepairEpisode: Sendable {
    typealias Call = (tool: String, arguments: JSON)

    let name: String
    let files: [String: String]
    /// Fails before the repair and passes after it.
    let test: String
    /// The calls between the failing and the passing test.
    let repair: [Call]
    let subject: String
    /// The lines of `git diff -U0` that begin with - or +, with those that name the files; a carriage return is @.
    let diff: String

    var calls: [Call] {
        let test: Call = ("shell", ["command": .string(self.test)])
        return [test] + self.repair + [test, ("commit", ["message": .string(self.subject)])]
    }

    /// Makes the repository in a folder.
    func make(in folder: String) throws {
        let path = "\(folder)/\(self.name)"
        for (name, text) in self.files {
            let parent = name.split(separator: "/").dropLast().joined(separator: "/")
            try RealGit("/").shell("mkdir -p '\(path)/\(parent)'")
            try TestFile.write(text, to: "\(path)/\(name)")
        }
        try RealGit(path)("init -q && git add -A && git commit -qm Start")
    }

    static func read(_ path: String) -> Call { ("read", ["path": .string(path)]) }

    static func edit(_ path: String, _ old: String, _ new: String) -> Call {
        ("edit", ["path": .string(path), "old": .string(old), "new": .string(new)])
    }

    static func patch(_ text: String) -> Call { ("patch", ["text": .string(text)]) }

    static func write(_ path: String, _ text: String) -> Call {
        ("write", ["path": .string(path), "text": .string(text)])
    }
}
