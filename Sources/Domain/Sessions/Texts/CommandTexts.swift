internal import Analytics
internal import Chat
internal import Joining
internal import Models
internal import Primitives
internal import Threads
internal import Words

// Change: a command's reply
/// The replies to commands.
enum CommandTexts {
    static func unknown(_ word: String, sign: CommandSign) -> String {
        let near = nearest(to: word, among: CommandName.allCases.map(\.rawValue))
        let question = near.map { worded(" Did you mean \(sign.command($0))?") } ?? ""
        return worded(
            "I do not know the command \(sign.command(word)).\(question) "
                + "\(sign.command("help all")) lists all commands.")
    }

    /// The answer to the bot's name and nothing else.
    static func bareMention(isDirect: Bool, sign: CommandSign) -> String {
        isDirect
            ? worded("Write your question here; \(sign.command("help")) lists what else I can do.")
            : worded("Write your question after my name; \(sign.command("help")) lists what else I can do.")
    }

    static func muted(isDirect: Bool, sign: CommandSign) -> String {
        let back = sign.command("unmute")
        return isDirect
            ? worded("Muted: I do not answer here until \(back).")
            : worded("Muted: I answer in this thread only when I am mentioned, until \(back).")
    }

    static var unmuted: String { worded("Unmuted: I answer in this thread again.") }

    static func needsRole(_ name: CommandName, held role: Role?, sign: CommandSign) -> String {
        worded(
            "\(sign.command(name.rawValue)) needs the role \(name.role.rawValue); you are a \(role?.rawValue ?? "stranger"). "
                + "An owner can give you a code for \(sign.command("pair")).")
    }

    static func resumeNeedsRole(_ kind: TurnKind, _ needed: Role, held role: Role?) -> String {
        worded(
            "The interrupted answer is of `\(kind.rawValue)`, which needs the role \(needed.rawValue); you are a "
                + "\(role?.rawValue ?? "stranger"). Somebody with that role can resume it.")
    }

    // MARK: help

    /// The commands that people need first, of which a guest may give the shorter part.
    private static let first: [CommandName] = [
        .new, .stop, .status, .model, .run, .diff, .commit, .undo, .specify, .task, .repo, .resume, .whoami, .usage,
        .export,
    ]

    /// - Parameter isByLine: for a room where each line is a message.
    static func help(about word: String, role: Role, sign: CommandSign, isByLine: Bool = false) -> String {
        let word = word.lowercased().drop(while: { !$0.isLetter })
        guard !word.isEmpty else { return Self.start(role: role, sign: sign, isByLine: isByLine) }
        if word == "all" { return Self.overview(role: role, sign: sign) }
        guard let command = CommandName(rawValue: String(word)) else {
            return Self.unknown(String(word), sign: sign)
        }
        return worded("\(Self.usage(of: command, sign)): \(command.summary). Needs the role \(command.role.rawValue).")
    }

    private static func start(role: Role, sign: CommandSign, isByLine: Bool) -> String {
        let commands = Self.first.filter { $0.role <= role }.prefix(11)
        let rest = worded("\(sign.command("help COMMAND")) explains one, \(sign.command("help all")) lists the rest.")
        guard isByLine else { return "\(Self.list(Array(commands), sign))\n\n\(rest)" }
        let usages = commands.map { Self.usage(of: $0, sign) }.joined(separator: ", ")
        return worded("Write to me and I answer. Commands: \(usages). \(rest)")
    }

    private static func overview(role: Role, sign: CommandSign) -> String {
        Self.list(CommandName.allCases.filter { $0.role <= role }, sign)
    }

    private static func list(_ commands: [CommandName], _ sign: CommandSign) -> String {
        let first = worded("Write to me and I answer; commands begin with `\(sign.prefix.trimmed)`:")
        return ([first, ""] + commands.map { "- \(Self.usage(of: $0, sign)): \($0.summary)" }).joined(separator: "\n")
    }

    private static func usage(of command: CommandName, _ sign: CommandSign) -> String {
        sign.command(command.argument.isEmpty ? command.rawValue : "\(command.rawValue) \(command.argument)")
    }

    // MARK: pair, whoami, new

    static var wrongCode: String {
        worded("That code does not work: it is mistyped, used or expired. Ask an owner for another.")
    }

    static var pairsAtSignIn: String {
        worded(
            "In a browser, a code is for signing in: sign out, then sign in with it. The code is not used up. An owner can also "
                + "change your role on the page People.")
    }

    static func paired(as role: Role, isLasting: Bool) -> String {
        let article = role == .owner ? "an " : "a "
        return isLasting
            ? worded("Paired: you are now \(english: article)\(role.rawValue).")
            : worded("Paired: you are now \(english: article)\(role.rawValue) for as long as you stay connected.")
    }

    static func whoami(_ sender: Sender, role: Role) -> String {
        let identities = sender.identities.map { "`\($0.value)`" }.joined(separator: ", ")
        let name = EscapedText.markdown(VisibleText.line(sender.displayName))
        return worded(
            "You are `\(sender.id)`, role \(role.rawValue). I know you by: \(identities). Your name here is \(name).")
    }

    static var newSession: String { worded("A new session has begun; earlier messages are no longer used.") }

    // MARK: export

    static var nothingToExport: String { worded("There is nothing to export: nothing has been said here yet.") }

    static func exportUsage(_ sign: CommandSign) -> String {
        worded(
            "There is no such format. Type \(sign.command("export")) for Markdown, or \(sign.command("export json")).")
    }

    /// - Parameter isOnPage: whether it is read on the page, where one has signed in.
    static func exported(_ name: String, at url: String, isOnPage: Bool) -> String {
        isOnPage
            ? worded("`\(name)` is this conversation: [download it](\(url)).")
            : worded("`\(name)` is this conversation: [download it](\(url)) (sign in there first).")
    }

    // MARK: stop, resend, resume

    static var nothingRuns: String { worded("Nothing is running.") }
    static var followingStopped: String { worded("Stopped following; the job goes on.") }
    static func stoppedUnsent(sign: CommandSign) -> String {
        worded("Stopped: the rest of the answer will not be posted. \(sign.command("resend")) posts the answer again.")
    }
    static var stoppedOutput: String { worded("Stopped: the rest of the output will not be posted.") }
    static var stoppedLeftovers: String {
        worded(
            "Stopped what earlier commands left running. The next command gets a fresh shell: directory and variables are reset."
        )
    }
    static func stopped(sign: CommandSign) -> String {
        worded("Stopped. \(sign.command("resume")) continues the answer.")
    }
    static var notYours: String {
        worded(
            "Somebody else asked for this answer, and a guest can stop only answers to their own messages. A member or an "
                + "owner can stop it.")
    }
    static func notYourThread(_ name: CommandName, sign: CommandSign) -> String {
        worded(
            "Somebody else began this conversation, and a guest can use \(sign.command(name.rawValue)) only in their own. A "
                + "member or an owner can do it here.")
    }
    static func dropped(_ count: Int) -> String {
        count == 1 ? worded("1 waiting message was dropped.") : worded("\(count) waiting messages were dropped.")
    }
    static func stillWaiting(_ count: Int, sign: CommandSign) -> String {
        count == 1
            ? worded("1 message still waits; \(sign.command("stop all")) drops it.")
            : worded("\(count) messages still wait; \(sign.command("stop all")) drops them.")
    }

    static var nothingToResend: String { worded("There is no answer to post again.") }
    static var nothingToResume: String { worded("There is no interrupted answer to resume.") }
    static var cannotResume: String {
        worded(
            "That answer failed for the content of its question and cannot be resumed. Rephrase or shorten the question."
        )
    }
    /// Below an answer whose question was edited.
    static func offersRedo(_ sign: CommandSign) -> String {
        worded("The question was edited after this answer began. Type \(sign.command("redo")) to ask it again.")
    }

    /// The label of the button.
    static var redo: String { worded("Ask again") }
    /// Below an answer in the transcript.
    static var replaced: String { worded("Replaced: the question was asked again.") }

    static func cannotRedo(_ refusal: RedoRules.Refusal, sign: CommandSign) -> String {
        switch refusal {
        case .busy: worded("An answer is still being written. Wait for it, or type \(sign.command("stop")) first.")
        case .nothing: worded("The last answer here has no question that could be asked again.")
        case .deleted: worded("The question was deleted. Ask a new one.")
        case .tooOld: worded("The last question here is more than a day old. Ask it anew if it still matters.")
        case .notYours(let name): worded("Only \(EscapedText.markdown(name)) or an owner can ask this question again.")
        }
    }

    static var alreadyResumed: String { worded("That answer is already being continued.") }

    // MARK: status, usage

    static func status(
        running: (kind: TurnKind, seconds: Int)?, waiting: Int, model: String, provider: String, quota: [String],
        repository: String?, session: String?, details: [String] = [], jail: String?, asks: [String],
        account: String? = nil
    ) -> String {
        let lines =
            [
                running.map { worded("running: `\($0.kind.rawValue)` for \($0.seconds) s") }
                    ?? worded("running: nothing"), worded("waiting: \(waiting)"),
            ] + asks + [worded("model: \(model) (\(provider))")]
            + quota + [repository.map { worded("repository: \($0)") } ?? worded("repository: none")] + details
            + [session.map { worded("session: \($0)") } ?? worded("session: none yet")]
            + (jail.map { [worded("jail: \($0)")] } ?? []) + [account].compactMap { $0 }
        return lines.map { "- \($0)" }.joined(separator: "\n")
    }

    /// What a thread has cost; nil for one that has used no tokens.
    static func cost(_ sums: UsageSums, _ currency: String) -> String? {
        guard sums.tokens.input + sums.tokens.output > 0 else { return nil }
        guard let cost = sums.estimate else { return "What it has cost is unknown: its models have no known price." }
        let rest = sums.unpriced == 0 ? "" : ", without \(sums.unpriced) tokens of models without a known price"
        return "This thread has cost about \(Money.words(cost, currency))\(rest) (an estimate)."
    }

    static func usage(
        _ rows: [(model: String, turns: Int64, input: Int64, output: Int64)], cost: String? = nil, provider: String,
        quota: [String]
    ) -> String {
        let lines = rows.map {
            "- \($0.model): \($0.turns.counted("turn")), \($0.input) tokens in, \($0.output) tokens out"
        }
        let used = lines.isEmpty ? ["No tokens have been used in this thread yet."] : lines
        let account = quota.isEmpty ? [] : ["", "The account (\(provider)):"] + quota.map { "- \($0)" }
        return (used + (cost.map { ["", $0] } ?? []) + account).joined(separator: "\n")
    }

    // MARK: model, models

    static func models(
        _ choices: [ModelInfo], missing: [String], default standard: String, sign: CommandSign
    ) -> String {
        let lines = choices.map { choice in
            "- `\(choice.id)`: \(choice.detail)" + (choice.id == standard ? worded(" (default)") : "")
        }
        let others = missing.isEmpty ? [] : ["", worded("Not available:")] + missing.map { "- \(sign.completing($0))" }
        return (lines + others + ["", worded("Choose with \(sign.command("model NAME")).")]).joined(separator: "\n")
    }

    static func modelsUnavailable(_ error: any Error, sign: CommandSign) -> String {
        worded("The models cannot be listed: \(sign.completing("\(error)"))")
    }

    static func modelUnavailable(_ name: String, _ error: any Error, sign: CommandSign) -> String {
        worded("The models cannot be listed, so `\(name)` cannot be chosen: \(sign.completing("\(error)"))")
    }

    static func currentModel(_ name: String, sign: CommandSign) -> String {
        worded(
            "The model of this thread is `\(name)`. \(sign.command("models")) lists them, "
                + "\(sign.command("model NAME")) chooses one.")
    }

    static func unknownModel(_ name: String, among choices: [String], sign: CommandSign) -> String {
        // A name that several providers have.
        let same = choices.filter { $0.hasSuffix("/\(name)") }
        let distances = (same.isEmpty ? choices : same).map { (distance: EditDistance.between(name, $0), name: $0) }
        let near = distances.sorted { $0.distance < $1.distance }.prefix(3).map { "`\($0.name)`" }
        let names = near.joined(separator: ", ")
        let closest =
            near.isEmpty
            ? ""
            : near.count == 1 ? worded(" The closest name is \(names).") : worded(" The closest names are \(names).")
        return worded("The model `\(name)` is not available.\(closest) \(sign.command("models")) lists them all.")
    }

    static func modelIsChosen(_ name: String) -> String { worded("From now on this thread uses `\(name)`.") }

    // MARK: repo

    static func repositories(_ names: [String], canList: Bool, sign: CommandSign) -> String {
        guard !names.isEmpty else { return worded("No repository is configured.") }
        let all = worded("Repositories: \(names.map { "`\($0)`" }.joined(separator: ", ")). The first is the default.")
        guard canList else { return all }
        return all
            + worded(
                " \(sign.command("repo branches")) and \(sign.command("repo files")) list what this thread's repository "
                    + "has, \(sign.command("repo github")) what the account sees on GitHub.")
    }

    static var listingNeedsMember: String { worded("Only members and owners may list what is in repositories.") }

    static func listing(_ page: ListedPage, of listing: RepositoryListing, sign: CommandSign) -> String {
        let more = page.hasMore ? ["", worded("More: \(sign.command(listing.words(page: listing.page + 1)))")] : []
        guard !page.items.isEmpty else { return page.title }
        return ([page.title, ""] + page.items.map { "- \($0)" } + more).joined(separator: "\n")
    }

    static func unknownRepository(_ name: String, among names: [String]) -> String {
        let distances = names.map { (distance: EditDistance.between(name, $0), name: $0) }
        let near = distances.min { $0.distance < $1.distance }?.name
        return worded("There is no repository `\(name)`.\(near.map { worded(" Did you mean `\($0)`?") } ?? "")")
    }

    static func answerHoldsRepository(_ name: String) -> String {
        "an answer is running in this thread: wait until it has ended, or end it with `stop`, then choose `repo \(name)` again"
    }

    static func repositoryIsNotChosen(_ obstacle: String) -> String {
        worded("The repository was not changed: \(obstacle).")
    }

    static func repositoryIsChosen(_ name: String) -> String { worded("From now on this thread works in `\(name)`.") }
}
