/// The process of an answer is gone.
struct CopilotCLILostProcess: Error {
    let reason: any Error
    /// A piece of the answer was handed on, so it can't begin again.
    let hasAnswer: Bool
}
