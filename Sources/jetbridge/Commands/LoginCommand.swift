internal import Host
internal import JSON

struct LoginCommand: Command {
    let syntax = CommandSyntax(
        "login", summary: "Sign in to GitHub for Copilot, with a code on another screen",
        discussion: """
            Shows a code and an address; open the address on any device and enter the code. The token is kept in the data \
            directory, for you alone. Needs copilot.client_id, or --client-id. Not needed where the GitHub CLI or an \
            editor's Copilot plug-in is signed in: 'jetbridge doctor' shows what is found.
            """,
        options: [
            OptionSyntax(
                "client-id", .text("ID"), help: "The app to sign in to. Stronger than copilot.client_id.")
        ],
        examples: ["jetbridge login", "jetbridge login --json"])

    func run(_ context: CommandContext) async throws {
        guard let configuration = try context.loadConfiguration().configuration else { return }
        let signIn = SignIn(configuration, surroundings: context.surroundings)
        let outcome = try await signIn.logIn(
            clientID: context.arguments.value("client-id"), copies: !context.isJSON
        ) { invitation in
            try Self.show(invitation, in: context)
        }
        try Self.show(outcome, in: context)
    }

    private static func show(_ invitation: SignIn.Invitation, in context: CommandContext) throws {
        guard !context.isJSON else {
            return try context.print([
                "user_code": .string(invitation.userCode), "verification_uri": .string(invitation.address),
                "expires_in": JSON(invitation.expiresIn),
            ])
        }
        let isCopied = invitation.copiedBy.map { " (it is in the clipboard, by \($0))" } ?? ""
        try context.print(
            "Open \(invitation.address) and enter the code \(context.output.bold(invitation.userCode))\(isCopied).")
        try context.print("Waiting for you; the code is good for \(invitation.expiresIn / 60) minutes.")
    }

    private static func show(_ outcome: SignIn.Outcome, in context: CommandContext) throws {
        guard !context.isJSON else {
            var object: JSONObject = JSONObject(members: [
                ("signed_in", true), ("host", .string(outcome.host)), ("token", .string(outcome.maskedToken)),
                ("path", .string(outcome.path)), ("copilot", .bool(outcome.problem == nil)),
            ])
            object["user"] = outcome.user.map { .string($0) }
            object["plan"] = outcome.plan.map { .string($0) }
            object["problem"] = outcome.problem.map { .string($0) }
            return try context.print(.object(object))
        }
        let user = outcome.user.map { " as \($0)" } ?? ""
        let plan = outcome.plan.map { ", Copilot plan \($0)" } ?? ""
        try context.print("Signed in to \(outcome.host)\(user)\(plan).")
        try context.print("The token \(outcome.maskedToken) is kept in \(outcome.path).")
        if let problem = outcome.problem {
            try context.errors.writeLine(context.errors.yellow("Copilot does not take it: \(problem)"))
        }
        if let stronger = outcome.stronger {
            try context.errors.writeLine(context.errors.yellow("Still used instead: \(stronger)."))
        }
    }
}
