#!/usr/bin/env node
import { requireBuilt } from './built-modules.ts'

requireBuilt('start.cjs')
