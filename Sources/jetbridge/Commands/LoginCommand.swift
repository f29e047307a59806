internal import Host
internal import JSON

struct LoginCommand: Command {
    let syntax = CommandSyntax(
        "login", summary: "Sign in to GitHub for Copilot with a device code",
        discussion: """
            Shows a code and an address; open the address on any device and enter the code. Stores the token in the data \
            directory, readable only by you. Requires copilot.client_id or --client-id. Not needed if the GitHub CLI or \
            an editor's Copilot plug-in is signed in: 'jetbridge doctor' lists the sign-ins it finds.
            """,
        options: [
            OptionSyntax(
                "client-id", .text("ID"), help: "The client id of the app; overrides copilot.client_id.")
        ],
        examples: ["jetbridge login", "jetbridge login --json"])

    func run(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
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
        let isCopied = invitation.copiedBy.map { " (copied to the clipboard with \($0))" } ?? ""
        try context.print(
            "Open \(invitation.address) and enter the code \(context.output.bold(invitation.userCode))\(isCopied).")
        try context.print("Waiting for the sign-in; the code expires in \(invitation.expiresIn / 60) minutes.")
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
        try context.print("Stored the token \(outcome.maskedToken) in \(outcome.path).")
        if let problem = outcome.problem {
            try context.errors.writeLine(context.errors.yellow("Copilot rejects this sign-in: \(problem)"))
        }
        if let stronger = outcome.stronger {
            try context.errors.writeLine(context.errors.yellow("Another sign-in takes precedence: \(stronger)."))
        }
    }
}

struct LogoutCommand: Command {
    let syntax = CommandSyntax(
        "logout", summary: "Delete the sign-in created by 'jetbridge login'",
        discussion: """
            Deletes the token from the data directory, and the Copilot token exchanged for it. Leaves other sign-ins (the \
            environment, an editor, the GitHub CLI) alone. To revoke Jetbridge's access at GitHub as well, open Settings, \
            Applications there.
            """)

    func run(_ context: CommandContext) async throws {
        let configuration = try context.loadConfiguration()
        let (wasThere, others) = try await SignIn(configuration, surroundings: context.surroundings).logOut()
        guard !context.isJSON else {
            return try context.print([
                "signed_out": .bool(wasThere), "others": .array(others.map { .string($0) }),
            ])
        }
        try context.print(wasThere ? "Signed out." : "There is no sign-in from 'jetbridge login'.")
        for other in others { try context.print("Still in use: \(other).") }
    }
}
