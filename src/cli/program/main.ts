#!/usr/bin/env node
import { requireBuilt } from '../../loading/built-modules.ts'

requireBuilt('start.cjs')
