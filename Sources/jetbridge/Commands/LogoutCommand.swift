internal import Host
internal import JSON

struct LogoutCommand: Command {
    let syntax = CommandSyntax(
        "logout", summary: "Forget the sign-in of 'jetbridge login'",
        discussion: """
            Removes the token from the data directory, and the Copilot token that was made from it. Other sign-ins (the \
            environment, an editor, the GitHub CLI) are not touched. To take Jetbridge's access back at GitHub too, open \
            Settings, Applications there.
            """)

    func run(_ context: CommandContext) async throws {
        guard let configuration = try context.loadConfiguration().configuration else { return }
        let (wasThere, others) = try SignIn(configuration, surroundings: context.surroundings).logOut()
        guard !context.isJSON else {
            return try context.print([
                "signed_out": .bool(wasThere), "others": .array(others.map { .string($0) }),
            ])
        }
        try context.print(wasThere ? "Signed out." : "There was no sign-in of 'jetbridge login'.")
        for other in others { try context.print("Still there and used: \(other).") }
    }
}
