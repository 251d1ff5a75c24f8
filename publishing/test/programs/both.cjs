exports.Lifecycle = require('@lastcall/core').Lifecycle
