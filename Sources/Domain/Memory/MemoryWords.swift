internal import Chat
internal import Primitives

/// What somebody wants of the memory, as typed.
package enum MemoryWords: Sendable, Equatable {
    case remember(String, isHere: Bool)
    case list
    case forget(String)

    /// - Parameter command: `remember`, `memory` or `forget`.
    package init(_ command: String, _ argument: String) {
        let first = argument.prefix { !$0.isWhitespace }
        switch command {
        case "remember" where first.lowercased() == "here":
            self = .remember(argument.dropFirst(first.count).trimmed, isHere: true)
        case "remember": self = .remember(argument.trimmed, isHere: false)
        case "forget": self = .forget(argument.trimmed.lowercased())
        default: self = .list
        }
    }
}

extension MemoryDesk {
    /// What the bot answers, in Markdown; refusals are answers too.
    ///
    /// - Parameter isDirect: Whether only the person reads the answer.
    package func reply(to words: MemoryWords, isDirect: Bool, at now: Int64) async throws -> String {
        do {
            switch words {
            case .remember(let text, let isHere):
                return MemoryTexts.kept(try await self.remember(text, isHere: isHere, at: now))
            case .list:
                return MemoryTexts.list(try await self.notes(), repository: self.repository, isDirect: isDirect)
            case .forget(let id): return MemoryTexts.forgotten(try await self.forget(id), isDirect: isDirect)
            }
        } catch let refusal as MemoryRefusal {
            return refusal.description
        }
    }
}
