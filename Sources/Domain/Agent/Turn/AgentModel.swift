internal import Models

/// The model of one turn.
struct AgentModel: Sendable {
    let client: any ModelClient
    let name: String
    /// In tokens.
    let inputLimit: Int
    let calibration: TokenCalibration
    let maximumTries: Int
    let answerLimit: AnswerLimit
    /// Whether it lists that it can be asked for several calls in one answer.
    let callsInParallel: Bool

    var factor: Double { self.calibration.factor(for: self.name) }

    /// The usable tokens of a request: a tenth stays free, because estimates err.
    var budget: Int {
        let limit = min(self.inputLimit, self.calibration.inputLimit(for: self.name) ?? .max)
        return limit - limit / 10
    }
}
