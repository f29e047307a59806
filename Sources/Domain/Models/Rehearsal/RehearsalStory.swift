/// One user story of a rehearsed specification.
struct RehearsalStory {
    let title: String
    let plot: String
    let reason: String
    let test: String
    let scenarios: [String]

    /// The story of an action in the description.
    init(action: RehearsalReading.Action) {
        let actor = action.actor ?? "user"
        let phrase = action.phrase
        self.title = String((phrase.prefix(1).uppercased() + phrase.dropFirst()).prefix(70))
        self.plot = "\(Self.article(actor)) \(actor) wants to \(phrase) and sees immediately that it worked."
        self.reason = "The request names it; without it the feature does not do what it is for."
        self.test =
            "Let \(Self.article(actor).lowercased()) \(actor) who has never seen the feature \(phrase), and compare the result with "
            + "what was asked."
        self.scenarios = [
            "**Given** \(Self.article(actor).lowercased()) \(actor) with permission, **When** they \(phrase), **Then** the "
                + "requested result is shown to them.",
            "**Given** input that is missing or wrong, **When** they try to \(phrase), **Then** nothing has changed and one "
                + "line says what to correct.",
        ]
    }

    private init(title: String, plot: String, reason: String, test: String, scenarios: [String]) {
        self.title = title
        self.plot = plot
        self.reason = reason
        self.test = test
        self.scenarios = scenarios
    }

    /// The story of a mistake.
    static func correction(actor: String, action: String) -> RehearsalStory {
        RehearsalStory(
            title: "Understand and correct a mistake",
            plot:
                "\(self.article(actor)) \(actor) enters something wrong, learns what it is, and corrects it without starting over.",
            reason: "Mistakes are common on the first try.",
            test: "Enter every kind of wrong input once and follow what the feature says.",
            scenarios: [
                "**Given** wrong input, **When** the \(actor) sends it, **Then** what they entered is still there and the "
                    + "wrong part is named.",
                "**Given** the corrected input, **When** they send it again, **Then** they \(action) as if nothing had happened.",
            ])
    }

    /// The story of the next visit.
    static func returning(actor: String, action: String) -> RehearsalStory {
        RehearsalStory(
            title: "Find everything unchanged later",
            plot: "\(self.article(actor)) \(actor) comes back another day and finds everything as they left it.",
            reason: "People trust what lasts.",
            test: "Complete an action, restart the service, and look again.",
            scenarios: [
                "**Given** \(self.article(actor).lowercased()) \(actor) who managed to \(action) yesterday, **When** they come back, "
                    + "**Then** they see the same result."
            ])
    }

    func text(number: Int) -> String {
        let scenarios = self.scenarios.enumerated().map { "\($0 + 1). \($1)" }.joined(separator: "\n")
        return """
            ### User Story \(number) - \(self.title) (Priority: P\(number))

            \(self.plot)

            **Why this priority**: \(self.reason)

            **Independent Test**: \(self.test)

            **Acceptance Scenarios**:

            \(scenarios)
            """
    }

    private static func article(_ noun: String) -> String {
        "aeio".contains(noun.first ?? "x") ? "An" : "A"
    }
}
