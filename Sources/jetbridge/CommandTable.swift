/// All commands, in the order of the help text.
struct CommandTable: Sendable {
    static let standard = CommandTable(
        commands: [
            ServeCommand(), RestartCommand(), ChatCommand(), RunCommand(), JobsCommand(), ProxyCommand(), MCPCommand(),
            LoginCommand(), LogoutCommand(),
            DoctorCommand(),
            ConfigCheckCommand(), ConfigPrintCommand(), ConfigTemplateCommand(),
            PairCommand(), PeopleListCommand(), PeopleSetCommand(), PeopleRemoveCommand(),
            SessionsListCommand(), SessionsShowCommand(), SessionsArchiveCommand(), SessionsDeleteCommand(),
            TokenCreateCommand(), TokenListCommand(), TokenRevokeCommand(),
            MatrixStatusCommand(), MatrixVerifyCommand(), MatrixResetCommand(), MatrixRecoveryKeyCommand(),
            AsksCommand(), ApproveCommand(), DenyCommand(),
            ModelsCommand(), UsageCommand(),
            AuditExportCommand(), AuditVerifyCommand(), BackupCreateCommand(), BackupVerifyCommand(),
            BackupListCommand(), BackupFetchCommand(),
            BackupRestoreCommand(), StoreCopyCommand(), HostsCommand(), HostsDrainCommand(),
            ExtensionsAddCommand(), ExtensionsListCommand(), ExtensionsCheckCommand(), ExtensionsToolsCommand(),
            HooksCommand(), HookDeliveriesCommand(), HookResendCommand(), HookTestCommand(),
            SpecListCommand(), SpecShowCommand(), SpecCheckCommand(),
        ] + SpecStageCommand.all + TasksCommand.all + [
            OpenAPICommand(), CompletionsCommand(), HelpCommand(), VersionCommand(),
        ],
        groups: [
            "audit": "Export or verify the audit",
            "backup": "Make, check and restore backups",
            "config": "Check or print a configuration file",
            "extensions": "List and check extensions, and print what they offer",
            "hooks": "List hooks and their deliveries; test a hook, repeat a delivery",
            "hosts": "List the hosts of a cluster, or let one hand over what it serves",
            "matrix": "Look after the encryption of Matrix connections",
            "people": "List everybody with access, change roles or take access away",
            "sessions": "List, show, archive or delete sessions",
            "spec": "Specify, plan and implement features; list and check their documents",
            "store": "Copy the database",
            "tasks": "List and change the tasks of repositories, also without a host",
            "token": "Create, list and revoke API tokens",
        ])

    let commands: [any Command]
    /// Summaries of the command groups, by first word.
    let groups: [String: String]
    /// Those on the path, where they are listed; see ``withPrograms(_:)``.
    var programs: [ListedProgram] = []

    var syntaxes: [CommandSyntax] { self.commands.map(\.syntax) }

    func syntax(of path: [String]) -> CommandSyntax? { self.syntaxes.first { $0.path == path } }

    func command(_ syntax: CommandSyntax) -> (any Command)? { self.commands.first { $0.syntax.path == syntax.path } }

    /// Whether the command of a command line waits for signals itself, wherever its options are.
    func watchesSignals(_ words: [String]) -> Bool {
        guard case .run(let syntax, _) = try? ArgumentParser.parse(words, table: self) else { return false }
        return self.command(syntax)?.watchesSignals ?? false
    }

    /// The words that may follow `path`, in order, without duplicates.
    func words(after path: [String]) -> [String] {
        var words: [String] = []
        for syntax in self.syntaxes
        where syntax.path.count > path.count && Array(syntax.path.prefix(path.count)) == path {
            let word = syntax.path[path.count]
            if !words.contains(word) { words.append(word) }
        }
        return path.isEmpty ? words + self.programs.map(\.program.name) : words
    }

    /// The program on the path that a command's words name.
    func program(at path: [String]) -> ListedProgram? {
        path.count == 1 ? self.programs.first { $0.program.name == path[0] } : nil
    }

    /// The summary of a command or a group.
    func summary(of path: [String]) -> String {
        self.syntax(of: path)?.summary ?? self.program(at: path)?.summary ?? path.first.flatMap { self.groups[$0] }
            ?? ""
    }
}

/// A command of the program.
protocol Command: Sendable {
    var syntax: CommandSyntax { get }
    /// Whether it waits for TERM, INT and HUP itself; they end the others at once.
    var watchesSignals: Bool { get }
    /// Whether root becomes the owner of the data directory before it runs; see ``Lifecycle/DataOwner``.
    var actsAsOwner: Bool { get }
    /// Throws ``CommandFailure`` for its own message and status. Any other error exits with status 1 and its
    /// description.
    func run(_ context: CommandContext) async throws
}

extension Command {
    var watchesSignals: Bool { false }
    var actsAsOwner: Bool { true }
}
