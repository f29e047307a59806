package import Chat

/// The thread of a message, the people in it and the settings of its room, as far as they decide whether and how the bot
/// answers.
///
/// Most messages are decided without the facts that are nil here; ``Determination/needs(_:)`` names the one that is missing.
package struct Situation: Sendable, Equatable {
    /// A fact that has to be looked up.
    package enum Fact: Sendable, Equatable, CaseIterable { case part, muted, shared, asked, busy }

    package var sign: Character
    package var isPairingAllowed: Bool
    package var answers: ThreadAnswers
    /// How people call the bot in the room.
    package var names: [String]
    /// The bot is part of the thread.
    package var isPart: Bool?
    /// Somebody has asked the bot to be silent there.
    package var isMuted: Bool?
    /// At least two people have written there.
    package var isShared: Bool?
    /// The text may answer a question of the bot that is open there.
    package var isAsked: Bool?
    /// A turn runs or waits there, and the text is no choice that it offers.
    package var isBusy: Bool?

    package init(
        sign: Character, isPairingAllowed: Bool = true, answers: ThreadAnswers = .always, names: [String] = [],
        isPart: Bool? = nil, isMuted: Bool? = nil, isShared: Bool? = nil, isAsked: Bool? = nil, isBusy: Bool? = nil
    ) {
        self.sign = sign
        self.isPairingAllowed = isPairingAllowed
        self.answers = answers
        self.names = names
        self.isPart = isPart
        self.isMuted = isMuted
        self.isShared = isShared
        self.isAsked = isAsked
        self.isBusy = isBusy
    }

    package mutating func set(_ fact: Fact, _ value: Bool) {
        switch fact {
        case .part: self.isPart = value
        case .muted: self.isMuted = value
        case .shared: self.isShared = value
        case .asked: self.isAsked = value
        case .busy: self.isBusy = value
        }
    }
}

/// What is known about a message so far.
package enum Determination: Sendable, Equatable {
    /// - Parameter endsMute: The bot has been called back into a thread in which it was to be silent.
    case intent(Intent, endsMute: Bool = false)
    /// The same again, with this fact.
    case needs(Situation.Fact)
}
