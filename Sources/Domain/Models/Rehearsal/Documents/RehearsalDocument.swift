/// The rehearsal's documents: for each stage of the specification flow one that follows from the prompt's specification
/// and needs no correction.
struct RehearsalDocument {
    private let purpose: String
    private let material: RehearsalMaterial

    /// Nil where no line `Purpose: …` of the prompt names a document.
    init?(_ messages: [ModelMessage]) {
        guard let purpose = RehearsalMaterial.purpose(of: messages), Self.purposes.contains(purpose) else { return nil }
        self.purpose = purpose
        self.material = RehearsalMaterial(messages)
    }

    var script: RehearsalScript { RehearsalScript(text: self.text) }

    private static let purposes: Set<String> = [
        "constitution", "plan", "tasks", "checklist", "analyze", "refine", "correction", "clarification questions",
        "apply an answer",
    ]

    private var text: String {
        switch self.purpose {
        case "constitution": RehearsalConstitution(self.material).text
        case "plan": RehearsalPlan(self.material).text
        case "tasks": RehearsalTasks(self.material).text
        case "checklist": RehearsalChecklist(self.material).text
        case "analyze": RehearsalAnalysis(self.material).text
        case "refine": RehearsalRefinement(self.material).text
        case "clarification questions": RehearsalQuestions(self.material).text
        case "apply an answer": RehearsalQuestions(self.material).change
        // It makes no mistakes that it could correct.
        default: self.material.documents.last?.text ?? ""
        }
    }
}
