Feature: What a configuration may say
  A file with faults is refused whole, and every fault names its key (docs/behaviour.md §6). What the two nodes must have
  in common is compared when they meet: see "High availability is switched on and off".

  Background:
    Given the configuration of a node of a group of two

  Scenario: As it stands, it is sound
    Then it has no fault

  Rule: Names and descriptions

    Scenario Outline: <what>: <value>
      When <key> is <value>
      Then it has no fault

      Examples:
        | what                              | key               | value                            |
        | A name of letters, digits, _ and - | group.name       | "Chat_2-north"                   |
        | The longest name                  | node.name         | 128 letters                      |
        | The longest description           | group.description | 128 letters                      |
        | A description with spaces         | group.description | "Chat for the whole company, 24h" |

    Scenario Outline: <what> is refused: <value>
      When <key> is <value>
      Then it is refused at <key>

      Examples:
        | what                          | key               | value         |
        | An empty name                 | group.name        | ""            |
        | A name that is too long       | group.name        | 129 letters   |
        | A name with a space           | node.name         | "node a"      |
        | A name with a dot             | node.name         | "a.example"   |
        | A peer's name with an umlaut  | peer.name         | "bäa"         |
        | A cluster's name with a slash | group.cluster     | "a/b"         |
        | A description that is too long | group.description | 129 letters  |
        | A description with a quote    | group.description | 'say "a"'     |
        | A description with a percent  | group.description | "100%"        |
        | A description with an ampersand | group.description | "a & b"     |
        | A description with a slash    | group.description | "a/b"         |
        | A description with a backslash | group.description | 'a\\b'       |
        | A description with a bracket  | group.description | "<a>"         |
        | A description with a bracket  | group.description | "a > b"       |

  Rule: A group has two different nodes, or one

    Scenario: The same node twice is refused
      When peer.name is "ada"
      Then it is refused at peer.name

    Scenario: High availability without a second node is refused
      When the peer is left out
      And group.high_availability is true
      Then it is refused at group.high_availability

    Scenario: One node without high availability is sound
      When the peer is left out
      Then it has no fault

    Scenario: Two nodes without keys to know each other by are refused
      When the security is left out
      Then it is refused at security

  Rule: Timers: both timeouts are at least two intervals, and an interval 10 ms or more

    Scenario Outline: <key> of <value>
      When group.keep_alive_interval is "15s"
      And <key> is <value>
      Then <verdict>

      Examples:
        | key                                     | value     | verdict                                                |
        | group.keep_alive_timeout                | "30s"     | it has no fault                                        |
        | group.keep_alive_timeout                | "29999ms" | it is refused at group.keep_alive_timeout              |
        | group.initialization_keep_alive_timeout | "30s"     | it has no fault                                        |
        | group.initialization_keep_alive_timeout | "29999ms" | it is refused at group.initialization_keep_alive_timeout |
        | group.keep_alive_interval               | "10ms"    | it has no fault                                        |
        | group.keep_alive_interval               | "9ms"     | it is refused at group.keep_alive_interval             |
        | group.critical_service_delay            | "-1s"     | it is refused at group.critical_service_delay          |
        | group.critical_service_delay            | "soon"    | it is refused at group.critical_service_delay          |

    Scenario: A lower re-login limit above the upper one is refused
      When node.client_relogin_lower_limit is "10min"
      Then it is refused at node.client_relogin_lower_limit

  Rule: Whatever else is not understood

    Scenario Outline: <what> is refused
      When <key> is <value>
      Then it is refused at <key>

      Examples:
        | what                          | key                  | value      |
        | A key that is none            | group.keepalive      | "15s"      |
        | A mode that is none           | users.mode           | "random"   |
        | A profile that is none        | profile              | "slow"     |
        | A port beyond the last        | group.service_port   | 65536      |
        | One port for two purposes     | group.admin_rpc_port | 22001      |
        | A number where a word belongs | group.name           | 7          |

    Scenario: Every fault is told at once
      When group.name is ""
      And peer.name is "ada"
      And users.mode is "random"
      Then it is refused at group.name
      And it is refused at peer.name
      And it is refused at users.mode
