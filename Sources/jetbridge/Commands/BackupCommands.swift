internal import Backup
internal import Database
internal import Glibc
internal import Host
internal import JSON
internal import Lifecycle
internal import Primitives
internal import Store
internal import Terminals

struct BackupCreateCommand: Command {
    let syntax = CommandSyntax(
        "backup", "create", summary: "Write a backup of the data directory into a new file",
        discussion: """
            A tar.gz with the database, the audit, repositories, workspaces and people's files, each as it was at one moment; \
            see docs/backup.md. Works while a host serves. The file gets its name when it is complete and verified. Keys, \
            sign-ins and the memories of network connections are in it only with --with-secrets, encrypted.
            """,
        positionals: [
            PositionalSyntax("file", .file("FILE"), help: "A new file; an existing one is never overwritten.")
        ],
        options: [
            OptionSyntax("with-secrets", help: "Add the secrets, encrypted with a passphrase, which is asked for."),
            .passphraseFile,
        ],
        examples: ["jetbridge backup create /var/backups/jetbridge/before-upgrade.tar.gz"])

    func run(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        let file = context.arguments.word("file") ?? ""
        let isComplete = context.arguments.has("with-secrets")
        if !isComplete, context.arguments.value("passphrase-file") != nil {
            throw UsageError(message: "--passphrase-file needs --with-secrets", path: context.path)
        }
        let passphrase = isComplete ? try context.passphrase(isNew: true) : nil
        let source = configuration.backupSource
        let manifest = try await Backup().create(file, of: source, passphrase: passphrase, at: WallClock.now())
        guard !context.isJSON else { return try context.print(manifest.summary(of: file)) }
        try context.print("Backed up \(manifest.contents) to \(file), and verified it.")
        if !manifest.hasSecrets {
            try context.print("It has no secrets: with --with-secrets, a restored host keeps its keys and sign-ins.")
        }
        for remark in source.remarks { try context.print(remark) }
        for name in manifest.skipped {
            try context.errors.writeLine(context.errors.yellow(VisibleText.strictLine("left out: \(name)")))
        }
    }
}

struct BackupVerifyCommand: Command {
    let actsAsOwner = false
    let syntax = CommandSyntax(
        "backup", "verify", summary: "Check that a backup is complete and unaltered",
        discussion: "Reads all of it and compares each file with its digest. Needs no passphrase, and writes nothing.",
        positionals: [PositionalSyntax("file", .file("FILE"), help: "The backup.")])

    func run(_ context: CommandContext) async throws {
        let file = context.arguments.word("file") ?? ""
        let manifest = try await Backup().verify(file)
        guard !context.isJSON else { return try context.print(manifest.summary(of: file)) }
        try context.print(
            "\(file) is complete: \(manifest.contents), made \(manifest.created) by release \(manifest.release), "
                + "\(manifest.hasSecrets ? "with" : "without") secrets.")
    }
}

struct BackupRestoreCommand: Command {
    /// Of the folder that it restores into, even where the configuration cannot be read.
    let actsAsOwner = false
    let syntax = CommandSyntax(
        "backup", "restore", summary: "Make a data directory of a backup",
        discussion: """
            Restores into the directory of --data-dir, which must be missing or empty. It is complete, or as it was before. \
            Without the backup's secrets, the audit begins a new chain, and sign-ins are made anew; see docs/backup.md.
            """,
        positionals: [PositionalSyntax("file", .file("FILE"), help: "The backup.")],
        options: [
            .passphraseFile, OptionSyntax("without-secrets", help: "Leave out the secrets that the backup has."),
        ],
        examples: ["jetbridge backup restore last-night.tar.gz --data-dir /var/lib/jetbridge"])

    func run(_ context: CommandContext) async throws {
        guard let name = context.arguments.value("data-dir") else {
            throw UsageError(message: "add --data-dir DIR, a new or empty directory", path: context.path)
        }
        let directory = name.hasPrefix("/") ? name : "\(context.surroundings.currentDirectory)/\(name)"
        let file = context.arguments.word("file") ?? ""
        _ = try DataOwner.become(ownerOf: directory)
        var passphrase: Secret?
        if !context.arguments.has("without-secrets") {
            let isNeeded = try await Backup().verify(file).hasSecrets
            if isNeeded { passphrase = try context.passphrase(isNew: false) }
        }
        let manifest = try await Backup().restore(
            file, into: directory, passphrase: passphrase, schema: StoreSchema.migrations.version)
        guard !context.isJSON else { return try context.print(manifest.summary(of: file)) }
        try context.print("Restored \(manifest.contents) of \(manifest.created) into \(directory).")
        if passphrase == nil {
            try context.print(
                "Without secrets: the audit begins a new chain, and people and networks sign in again; see docs/backup.md."
            )
        }
        if !manifest.hasStore {
            try context.print("The database \(manifest.store) is not in it: restore it with pg_restore first.")
        } else if manifest.store != "\(manifest.directory)/jetbridge.sqlite" {
            try context.print("The database was at \(manifest.store): move jetbridge.sqlite there, or set store.url.")
        }
        for (name, path) in manifest.repositories.sorted(by: { $0.key < $1.key }) {
            try context.print(
                "The repository \(name) was at \(path): move \(directory)/restored-repositories/\(name) there.")
        }
    }
}

extension BackupManifest {
    var contents: String {
        "\(self.count) files (\((self.bytes + 1_048_575) >> 20) MiB)"
    }

    func summary(of file: String) -> JSON {
        [
            "file": .string(file), "created": .string(self.created), "release": .string(self.release),
            "schema": JSON(self.schema), "store": .string(self.store), "has_store": .bool(self.hasStore),
            "has_secrets": .bool(self.hasSecrets), "files": JSON(self.count), "bytes": JSON(self.bytes),
            "skipped": .array(self.skipped.map(JSON.string)),
        ]
    }
}

extension OptionSyntax {
    fileprivate static let passphraseFile = OptionSyntax(
        "passphrase-file", .file("FILE"), help: "Read the passphrase from the first line of this file.")
}

extension CommandContext {
    private static let shortest = 8

    /// The passphrase of a backup's secrets, from a file or the terminal.
    fileprivate func passphrase(isNew: Bool) throws -> Secret {
        if let path = self.arguments.value("passphrase-file") {
            guard let text = PrivateFile.text(of: path) else {
                throw CommandFailure("\(path) does not exist or cannot be read")
            }
            let line = text.prefix { !$0.isNewline }
            guard !line.isEmpty else { throw CommandFailure("\(path) has no passphrase in its first line") }
            return try self.checked(String(line), isNew)
        }
        guard isatty(STDIN_FILENO) == 1 else {
            let other = isNew ? "" : ", or --without-secrets"
            throw UsageError(
                message: "the secrets need a passphrase: add --passphrase-file FILE\(other)", path: self.path)
        }
        TypedKeys.hide()
        defer { TypedKeys.show() }
        let passphrase = try self.ask("Passphrase: ")
        if isNew, try self.ask("The same again: ") != passphrase {
            throw CommandFailure("the two passphrases differ; nothing was written")
        }
        return try self.checked(passphrase, isNew)
    }

    private func ask(_ question: String) throws -> String {
        try self.errors.write(question)
        defer { try? self.errors.writeLine("") }
        return readLine() ?? ""
    }

    private func checked(_ passphrase: String, _ isNew: Bool) throws -> Secret {
        guard !isNew || passphrase.count >= Self.shortest else {
            throw CommandFailure(
                "the passphrase is too short: use at least \(Self.shortest) characters; a sentence is better")
        }
        return Secret(passphrase)
    }
}

struct BackupListCommand: Command {
    let syntax = CommandSyntax(
        "backup", "list", summary: "List the backups of every day",
        discussion: "Those at the place of backups.to, oldest first.")

    func run(_ context: CommandContext) async throws {
        let names = try await context.shelf().names()
        if context.isJSON { return try context.print(["items": .array(names.map(JSON.string))]) }
        for name in names { try context.print(name) }
    }
}

struct BackupFetchCommand: Command {
    let syntax = CommandSyntax(
        "backup", "fetch", summary: "Write a backup of every day into one file",
        discussion:
            "Fetches it from the place of backups.to, puts it together and verifies it: then 'backup restore' takes it.",
        positionals: [
            PositionalSyntax("name", .text("NAME"), help: "As 'backup list' names it, or 'newest'."),
            PositionalSyntax("file", .file("FILE"), help: "A new file; an existing one is never overwritten."),
        ],
        examples: ["jetbridge backup fetch newest last-night.tar.gz"])

    func run(_ context: CommandContext) async throws {
        let shelf = try context.shelf()
        var name = context.arguments.word("name") ?? ""
        if name == "newest" {
            // With a clock that is behind, all are from the future.
            let known = try await shelf.newestName(at: WallClock.now())
            guard let newest = try await known == nil ? shelf.names().last : known else {
                throw CommandFailure("there is no backup in \(shelf.name)")
            }
            name = newest
        }
        let file = context.arguments.word("file") ?? ""
        let manifest = try await shelf.fetch(name, to: file)
        guard !context.isJSON else { return try context.print(manifest.summary(of: file)) }
        try context.print("Fetched \(name) with \(manifest.contents) to \(file), and verified it.")
    }
}

extension CommandContext {
    fileprivate func shelf() throws -> BackupShelf {
        guard let shelf = try self.loadConfiguration().backupShelf else {
            throw CommandFailure("no backups are made every day: there is no section 'backups' in the configuration")
        }
        return shelf
    }
}
