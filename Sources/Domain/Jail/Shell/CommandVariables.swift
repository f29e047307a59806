/// The variables that a fresh shell gets.
enum CommandVariables {
    /// An argument or variable longer than this fails execve(2) (MAX_ARG_STRLEN).
    static let longest = 128 << 10

    /// The exported variables of the persistent shell without those that make a program run something else than it was
    /// asked to before it begins.
    static func kept(_ variables: [String]) -> [String] {
        variables.filter { variable in
            let name = variable.prefix { $0 != "=" }
            return variable.utf8.count < self.longest && !self.refused.contains(String(name))
                && !self.refusedPrefixes.contains { name.hasPrefix($0) }
        }
    }

    private static let refused: Set<String> = [
        "BASH_ENV", "BASHOPTS", "ENV", "GLIBC_TUNABLES", "IFS", "OLDPWD", "PROMPT_COMMAND", "PS4", "PWD", "SHELLOPTS",
    ]
    private static let refusedPrefixes = ["BASH_FUNC_", "LD_"]
}
