internal import Extensions
internal import Glibc
internal import Host
internal import JSON
internal import Primitives

struct ExtensionsAddCommand: Command {
    let actsAsOwner = false
    let syntax = CommandSyntax(
        "extensions", "add", summary: "Add an extension that was tried to the configuration file",
        discussion: """
            Without a name, lists those that were tried in their jails. With one, writes its entry into the configuration \
            file: command, network, files and what is decided about its tools. Installs nothing: the command to install it \
            is printed. An owner approves its list of tools before models get it; see docs/extensions.md.
            """,
        positionals: [
            PositionalSyntax("name", .text("NAME"), isOptional: true, help: "One of those that the list names.")
        ], examples: ["jetbridge extensions add", "jetbridge extensions add git"])

    func run(_ context: CommandContext) async throws {
        guard let name = context.arguments.word("name") else { return try self.list(context) }
        guard let known = VettedExtension.all.first(where: { $0.name == name }) else {
            let hint = nearest(to: name, among: VettedExtension.all.map(\.name)).map { "; did you mean '\($0)'?" } ?? ""
            throw CommandFailure(
                "no extension '\(VisibleText.strictLine(name))' was tried\(hint). "
                    + "Write its entry yourself: docs/extensions.md")
        }
        let loaded = try context.loadConfigurationFile().loaded
        guard let file = loaded.file else {
            throw CommandFailure(
                "there is no configuration file to write to; make one: jetbridge config template > jetbridge.yaml")
        }
        guard loaded.configuration?.extensions.contains(where: { $0.name == name }) != true else {
            throw CommandFailure("\(file) has an extension '\(name)' already; 'jetbridge extensions check' tries it")
        }
        let text: String
        do {
            text = String(decoding: try FileReader.read(file, limit: 4 << 20).bytes, as: UTF8.self)
        } catch let failure {
            throw CommandFailure("\(file) cannot be read: \(failure.reason)")
        }
        guard let changed = known.added(to: text) else {
            throw CommandFailure("\(file) has 'extensions' on one line; add this item to it by hand:\n\(known.entry)")
        }
        try Self.write(changed, to: file)
        if context.isJSON {
            return try context.print([
                "name": JSON(name), "file": JSON(file), "install": JSON(known.install), "entry": JSON(known.entry),
            ])
        }
        try context.print("\(file) has the extension '\(name)' now.")
        for note in known.notes { try context.print(note) }
        try context.print("Install it:  \(known.install)")
        try context.print("Then try it: jetbridge extensions check \(name)")
    }

    private func list(_ context: CommandContext) throws {
        let all = VettedExtension.all
        guard !context.isJSON else {
            return try context.print([
                "items": .array(
                    all.map { known in
                        [
                            "name": JSON(known.name), "summary": JSON(known.summary), "install": JSON(known.install),
                            "notes": .array(known.notes.map { JSON($0) }), "entry": JSON(known.entry),
                        ]
                    })
            ])
        }
        for line in TextTable.lines(all.map { [$0.name, $0.summary] }) { try context.print(line) }
    }

    /// Beside the file, then in its place, with its mode: a crash leaves the old one or the new one.
    private static func write(_ text: String, to file: String) throws {
        var status = stat()
        guard stat(file, &status) == 0 else { throw Self.failure(file) }
        let draft = file + ".new"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, status.st_mode & 0o777)
        guard descriptor >= 0 else { throw Self.failure(draft) }
        let bytes = Array(text.utf8)
        let isWritten = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) } == bytes.count
        let isSynced = fsync(descriptor) == 0
        close(descriptor)
        guard isWritten, isSynced, rename(draft, file) == 0 else {
            let failure = Self.failure(file)
            unlink(draft)
            throw failure
        }
    }

    private static func failure(_ file: String) -> CommandFailure {
        CommandFailure("\(file) cannot be written: \(String(cString: strerror(errno)))")
    }
}
