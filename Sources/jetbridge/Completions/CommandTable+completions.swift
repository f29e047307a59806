extension CommandTable {
    /// Every place where words may be completed: the start, the groups, the commands.
    var paths: [[String]] {
        var paths: [[String]] = [[]]
        for syntax in self.syntaxes {
            for count in 1...syntax.path.count {
                let path = Array(syntax.path.prefix(count))
                if !paths.contains(path) { paths.append(path) }
            }
        }
        return paths
    }

    /// The options that may stand at a place.
    func options(at path: [String]) -> [OptionSyntax] {
        self.syntax(of: path)?.allOptions ?? CommandSyntax.commonOptions
    }

    /// What may be typed next at a place, without file names.
    func completions(at path: [String]) -> [String] {
        let choices = self.syntax(of: path)?.positionals.flatMap(\.value.choices) ?? []
        return self.words(after: path) + choices + self.options(at: path).map { "--\($0.name)" }
    }

    /// The options with values, each name once.
    var valueOptions: [OptionSyntax] {
        var options: [OptionSyntax] = []
        for option in self.syntaxes.flatMap(\.allOptions) where option.value != nil {
            if !options.contains(where: { $0.name == option.name }) { options.append(option) }
        }
        return options
    }
}
