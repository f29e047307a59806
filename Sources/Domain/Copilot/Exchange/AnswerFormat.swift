/// The forms in which endpoints stream their answers.
enum AnswerFormat: Sendable {
    case chatCompletions
    case responses
}
