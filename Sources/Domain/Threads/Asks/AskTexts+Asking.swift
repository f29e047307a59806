package import Chat
internal import Primitives
internal import Words

/// The messages that ask.
extension AskTexts {
    // MARK: An approval

    // Change: how an approval reads
    /// The part before the options: who wants what, the exact text, where, and until when.
    ///
    /// - Parameter isByLine: for a room where each line is a message.
    package static func lead(
        _ requests: [ApprovalRequest], id: String, for person: Sender, until time: Int64, isByLine: Bool = false
    ) -> String {
        let asker = [Self.name(of: person)] + (Self.identity(of: person).map { [EscapedText.code($0)] } ?? [])
        let who =
            requests.contains { $0.approver == .requester }
            ? worded("the model (asked by \(asker.joined(separator: ", ")))") : Self.identified(person)
        let actions = requests.map(\.action.rawValue).reduce(into: [String]()) { actions, action in
            if !actions.contains(action) { actions.append(action) }
        }
        let verbs = actions.map(Self.verb).joined(separator: " \(worded("and")) ")
        let first = worded("Approval `\(id)`: \(who) wants to \(verbs)")
        let subject = { (request: ApprovalRequest) in
            ([request.subject] + (request.preview.map { [$0] } ?? []))
                .map { EscapedText.fenced(isByLine ? Self.shownByLine($0) : VisibleText.strict($0)) }
                .joined(separator: "\n")
        }
        let places = Set(requests.map(\.directory))
        let common = places.count == 1 ? places.first ?? "" : ""
        let items =
            requests.count == 1
            ? requests.map(subject)
            : requests.enumerated().map { index, request in
                let place =
                    common.isEmpty && !request.directory.isEmpty ? worded(" in \(Self.place(request.directory))") : ""
                return "\(AskRecord.letter(index)). \(Self.verb(request.action.rawValue))\(place)\n\(subject(request))"
            }
        let end =
            common.isEmpty ? Self.openUntil(time) : worded("Directory \(Self.place(common)), \(Self.deadline(time))")
        // An empty line, because Markdown would join the first item to the first line.
        return ([first] + (requests.count > 1 ? [""] : []) + items + [end]).joined(separator: "\n")
    }

    /// For a room where each line is a message: such rooms lose tabs, empty lines and blanks at the end.
    static func shownByLine(_ text: String) -> String {
        VisibleText.strict(text).unicodeScalars.split(omittingEmptySubsequences: false) { $0 == "\n" }.map { line in
            let end = line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex
            let rest = line[end...].map { _ in "\u{2420}" }.joined()
            let shown = String(line[..<end].map { $0 == "\t" ? "\u{2409}" : Character($0) }) + rest
            return shown.isEmpty ? "\u{2424}" : shown
        }.joined(separator: "\n")
    }

    /// What is asked for, inside a sentence.
    private static func verb(_ action: String) -> String {
        switch ApprovalRequest.Action(rawValue: action) {
        case .run: worded("run")
        case .change: worded("change")
        case .reach: worded("reach")
        case .call: worded("call")
        case nil: action
        }
    }

    private static func place(_ directory: String) -> String { EscapedText.code(VisibleText.strictLine(directory)) }

    package static func tail(_ id: String, _ requests: [ApprovalRequest], sign: CommandSign) -> String {
        let isForOwners = requests.contains { $0.approver == .ownersOnly }
        let who = isForOwners ? worded("An owner") : worded("The person who asked, or an owner,")
        let deny = sign.command("deny \(id) REASON")
        guard requests.count > 1 else {
            return worded("\(who) answers me with the letter, or types \(sign.command("approve \(id)")) or \(deny).")
        }
        return worded(
            "\(who) answers me with `all`, `none` or the letters to approve, such as `A,C`, or types "
                + "\(sign.command("approve \(id) A,C")) or \(deny). What is not approved is denied.")
    }

    package static func options(of requests: [ApprovalRequest]) -> [AskRecord.Option] {
        guard requests.count > 1 || requests.isEmpty else {
            let always =
                switch requests.first?.action {
                case .run: worded("Always in this thread (for exactly this command)")
                case .change: worded("Always in this thread (for exactly this change)")
                case .reach: worded("Always in this thread (for exactly this address)")
                case .call: worded("Always in this thread (for exactly this call)")
                case nil: worded("Always in this thread (for exactly these)")
                }
            return [
                AskRecord.Option(key: AskRecord.approve, label: worded("Approve")),
                AskRecord.Option(key: AskRecord.always, label: always),
                AskRecord.Option(key: AskRecord.deny, label: worded("Deny")),
            ]
        }
        let items = requests.enumerated().map { index, request in
            let letter = AskRecord.letter(index)
            return AskRecord.Option(
                key: letter,
                label: worded(
                    "Only \(letter): \(Self.verb(request.action.rawValue)) \(Self.firstWords(request.subject))"))
        }
        return items + [
            AskRecord.Option(key: AskRecord.all, label: worded("Approve all")),
            AskRecord.Option(key: AskRecord.alwaysAll, label: worded("Always in this thread (for exactly these)")),
            AskRecord.Option(key: AskRecord.none, label: worded("Deny all")),
        ]
    }

    // MARK: A question

    package static func lead(_ question: ThreadQuestion, id: String) -> String {
        let kind =
            switch question.kind {
            case .question: worded("Question")
            case .clarify: worded("Clarify")
            case .conflict: worded("Conflict")
            case .memory: worded("Memory")
            }
        return "\(kind) `\(id)`: \(VisibleText.strict(question.text.trimmed))"
    }

    package static func tail(_ question: ThreadQuestion, of person: Sender, until time: Int64) -> String {
        let who =
            switch question.answerer {
            case .requester where question.kind == .memory: Self.name(of: person)
            case .requester: worded("\(Self.name(of: person)), or an owner,")
            case .members: worded("A member")
            case .owners: worded("An owner")
            }
        var ways = question.options.isEmpty ? [] : [worded("with the letter")]
        if question.takesText { ways.append(worded("in their own words")) }
        if question.kind == .clarify { ways.append(worded("with `done` for no more questions")) }
        let list = ways.dropLast().joined(separator: ", ")
        let how = [list, ways.last ?? ""].filter { !$0.isEmpty }.joined(separator: " \(worded("or")) ")
        return worded("\(who) answers me \(how). \(Self.openUntil(time))")
    }

    package static func options(of question: ThreadQuestion) -> [AskRecord.Option] {
        question.options.enumerated().map { index, option in
            AskRecord.Option(
                key: AskRecord.letter(index), label: VisibleText.strictLine(option.label),
                isRecommended: option.isRecommended
            )
        }
    }

    // MARK: Access

    package static func accessLead(_ id: String, for person: Sender, on network: AdapterID) -> String {
        worded("Access `\(id)`: \(Self.identified(person)) has written to me on \(network) and has no access.")
    }

    package static func accessTail(_ id: String, until time: Int64, sign: CommandSign) -> String {
        worded(
            "An owner answers me with the letter, or types \(sign.command("approve \(id) member")), "
                + "\(sign.command("approve \(id) guest")) or \(sign.command("deny \(id)")). \(Self.openUntil(time))")
    }

    package static var accessOptions: [AskRecord.Option] {
        [
            AskRecord.Option(key: AskRecord.approve, label: worded("Member")),
            AskRecord.Option(key: AskRecord.always, label: worded("Guest")),
            AskRecord.Option(key: AskRecord.deny, label: worded("Deny")),
        ]
    }

    /// What somebody reads who has been let in.
    package static func admitted(as role: Role, sign: CommandSign) -> String {
        worded("You have access now, as \(english: "a ")\(role.rawValue). \(sign.command("help")) shows what I can do.")
    }

    // MARK: An extension's list

    package static func extensionLead(_ id: String, _ text: String) -> String { worded("Extension `\(id)`: \(text)") }

    package static func extensionTail(_ id: String, until time: Int64, sign: CommandSign) -> String {
        worded(
            "An owner answers me with the letter, or types \(sign.command("approve \(id)")) or "
                + "\(sign.command("deny \(id)")). Models get nothing of it before. \(Self.openUntil(time))")
    }

    package static var extensionOptions: [AskRecord.Option] {
        [
            AskRecord.Option(key: AskRecord.approve, label: worded("Approve")),
            AskRecord.Option(key: AskRecord.deny, label: worded("Deny")),
        ]
    }

    // MARK: Both

    package static func buttons(of ask: AskRecord) -> [MessageButton] {
        let deny = MessageButton(
            label: ask.isBatch ? worded("Deny all") : worded("Deny"), command: "deny \(ask.id)", style: .danger,
            prompt: worded("Reason"))
        if ask.kind == .extension {
            return [MessageButton(label: worded("Approve"), command: "approve \(ask.id)", style: .primary), deny]
        }
        guard ask.kind != .approval else {
            return [
                ask.isBatch
                    ? MessageButton(label: worded("Approve all"), command: "approve \(ask.id) all", style: .primary)
                    : MessageButton(label: worded("Approve"), command: "approve \(ask.id)", style: .primary),
                MessageButton(label: worded("Always in this thread"), command: "approve \(ask.id) always"), deny,
            ]
        }
        guard !ask.options.isEmpty else { return [] }
        if ask.kind == .access {
            return ask.options.map { option in
                let isDenial = option.key == AskRecord.deny
                return MessageButton(
                    label: option.label, command: isDenial ? "deny \(ask.id)" : "approve \(ask.id) \(option.key)",
                    style: isDenial ? .danger : .plain)
            }
        }
        let options = ask.options.map { option in
            let label = "\(option.key). \(option.label)"
            return MessageButton(
                label: label.shortened(to: 60), command: "approve \(ask.id) \(option.key)",
                style: option.isRecommended ? .primary : .plain)
        }
        if ask.question?.kind == .memory { return options }
        return options + [MessageButton(label: worded("No"), command: "deny \(ask.id)")]
    }

    /// The option lines; items of a batch stand above them. Two blanks at the end make Markdown keep the line break.
    package static func lines(of ask: AskRecord) -> String {
        guard !ask.isBatch else { return "" }
        return ask.options.map {
            "\($0.key). \(Self.escaped($0.label))\($0.isRecommended ? worded(" (recommended)") : "")"
        }
        .joined(separator: "  \n")
    }
}
